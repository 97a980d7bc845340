// SPDX-License-Identifier: Apache-2.0
// What is said to the engine about one instance: its container and the labels by which it is found again. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "adapters/containers/values.h"
#include "adapters/process/instance/spec.h"

namespace tuesday::process {

inline constexpr std::string_view kInstanceLabel = "tuesday.instance";
inline constexpr std::string_view kGenerationLabel = "tuesday.generation";

// By these all containers of the instance are found, whatever their generation. `folder` is the instance's: two daemons can
// share one engine.
std::map<std::string, std::string> InstanceLabels(const InstanceSpec& spec, const std::string& folder);

// `port`: where the first port is published, on 127.0.0.1.
containers::ContainerSpec ContainerOf(const InstanceSpec& spec, const std::string& folder, std::uint16_t port);

// "exit 3", "signal 15 (TERM)" from an engine's exit code: 128 and more stand for signals, as shells and engines have it.
std::string ExitCodeText(int exit_code);

}  // namespace tuesday::process
