// SPDX-License-Identifier: Apache-2.0
// Who is canary from when to when: the one table behind names under judgement, bake, retry and baseline. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/metrics/view.h"
#include "core/rollout/status.h"
#include "wire/state/records.h"

namespace tuesday::control {

// How much of the predecessor is replayed during the bake: longer than any window that a rule of ours reads.
inline constexpr Duration kFrozenWindow = std::chrono::minutes(10);

// The rows of the attempt under way as they stand at `now`:
// - while it goes through its steps: its revision is canary from its beginning, the baseline is stable;
// - in the bake: its revision stays canary ("under judgement"), and the predecessor's last window before promotion is seen as
// if
//   it ended now;
// - otherwise: what is stable is stable.
std::vector<metrics::RoleRow> RoleRows(const rollout::Status& status, const state::Exposure& exposure, Instant now,
                                       const std::function<WallTime(Instant)>& wall);

// Whether an attempt is judged at all: it has a predecessor and has not ended.
bool IsJudged(const rollout::Status& status);

}  // namespace tuesday::control
