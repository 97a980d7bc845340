// SPDX-License-Identifier: Apache-2.0
// What the steps of a rollout will do, worked out beforehand.
#pragma once

#include <optional>

#include "control/view.h"

namespace tuesday::control {

// From what is there (nothing: an initial deploy) to `wanted`.
RolloutPlan PlanOf(const std::optional<state::RolloutRecord>& known, const state::RolloutRecord& wanted);

}  // namespace tuesday::control
