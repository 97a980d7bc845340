// SPDX-License-Identifier: Apache-2.0
// How the spec of an instance becomes a program to start: where its command is, what it sees, as whom it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/process/instance/spec.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::process {

// The plan for the container's command, or an error that names what is missing. Absolute paths mean the artifact's file
// where the artifact has one, as they would in an image, and the machine's otherwise.
Result<supervise::SpawnPlan> PlanProcess(const InstanceSpec& spec, std::uint16_t port);

// The words of Kubernetes' $(NAME), replaced from `variables`; unknown names stay as they are, $$ is one $.
std::string ExpandVariables(std::string_view text, const std::map<std::string, std::string>& variables);

}  // namespace tuesday::process
