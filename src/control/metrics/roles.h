// SPDX-License-Identifier: Apache-2.0
// Who is canary from when to when: one pure table for attempt, bake and retry. The view adds the labels that follow from it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "core/metrics/view.h"
#include "core/rollout/status.h"
#include "wire/state/records.h"

namespace tuesday::control {

// Of the predecessor, before it lost its traffic: what stands for "stable" in the bake.
inline constexpr Duration kFrozenWindow = std::chrono::minutes(10);

// Whether anybody judges this attempt now: it has a baseline and has not ended.
bool IsJudged(const rollout::Attempt& attempt);

// The rows for an evaluation at `at`:
// - the attempt's revision is canary from the attempt's beginning, so that nothing that an earlier attempt did is seen;
//   it stays so in the bake;
// - its baseline is stable, with all that it did before, until the traffic went over;
// - blue-green: from the switch on the new revision's requests are those of the stable service;
// - in the bake the baseline's last full window before that is moved forward to end at `at`.
std::vector<metrics::RoleRow> RoleRowsOf(const rollout::Attempt& attempt, const state::Exposure& exposure,
                                         const ClockJoin& join, Instant at);

}  // namespace tuesday::control
