// SPDX-License-Identifier: Apache-2.0
// Rollouts as the API shows them. Names of members are public: they are added to, never renamed.
#pragma once

#include "base/json.h"
#include "base/time.h"
#include "control/view.h"

namespace tuesday::server {

// Everything about one rollout. Instants become RFC 3339 by `join`, durations seconds.
Json RolloutJson(const control::RolloutView& view, const ClockJoin& join);

// One line of a list: what `status` and `rollout list` show.
Json RolloutSummaryJson(const control::RolloutView& view, const ClockJoin& join);

}  // namespace tuesday::server
