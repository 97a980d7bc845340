// SPDX-License-Identifier: Apache-2.0
// The legs of a run that are about an environment. An internal header of this folder.
#pragma once

#include <vector>

#include "core/workflow/environment/settle.h"
#include "core/workflow/run/state.h"
#include "wire/runs/environments.h"
#include "wire/runs/list.h"

namespace tuesday::control {

// Every leg that has asked for an environment, whether it was let in or not.
std::vector<const workflow::LegState*> EnvironmentLegs(const workflow::RunState& state);

// As the core sees it.
workflow::EnvironmentLeg MemberOf(const runs::RunSummary& summary, const workflow::LegState& leg);

// The record that follows from how far the leg is; `reviews` are kept as they are.
runs::DeploymentRecord DeploymentOf(const runs::RunSummary& summary, const workflow::LegState& leg);

std::uint64_t NumberOf(const std::string& run);

// "ada (token)" and "ada (uid 7)" are the same person, ada.
std::string PersonOf(const std::string& by);

}  // namespace tuesday::control
