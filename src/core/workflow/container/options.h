// SPDX-License-Identifier: Apache-2.0
// The flags of `docker create` that `options:` of a container may have, and its ports and volumes. Pure; problems are sentences
// that name the flag.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace tuesday::workflow {

struct ContainerOptions {
  std::string user;
  std::string working_folder;
  std::string host_name;
  std::string entrypoint;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> memory_folders;  // --tmpfs
  std::vector<std::string> capabilities_dropped;
  std::vector<std::string> volumes;
  std::optional<double> cpus;
  std::uint64_t memory_bytes = 0;
  std::uint64_t shared_memory_bytes = 0;
  int processes_max = 0;
  bool read_only = false;
  bool no_health_check = false;
  std::string health_command;
  Duration health_interval{};
  Duration health_timeout{};
  Duration health_start_period{};
  int health_retries = 0;
  friend bool operator==(const ContainerOptions&, const ContainerOptions&) = default;
};

std::expected<ContainerOptions, std::string> ParseContainerOptions(std::string_view text);

// `host` is 0 when nobody said one.
struct ContainerPort {
  int host = 0;
  int container = 0;
  std::string protocol = "tcp";
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

std::expected<ContainerPort, std::string> ParseContainerPort(std::string_view text);

// `name` is empty for a volume that nobody named. Folders of the machine are refused.
struct ContainerVolume {
  std::string name;
  std::string inside;
  bool read_only = false;
  friend bool operator==(const ContainerVolume&, const ContainerVolume&) = default;
};

std::expected<ContainerVolume, std::string> ParseContainerVolume(std::string_view text);

// Words as a shell takes them apart: blanks, quotes of both kinds, backslashes. A quote that does not end is a problem.
std::expected<std::vector<std::string>, std::string> SplitCommand(std::string_view text);

}  // namespace tuesday::workflow
