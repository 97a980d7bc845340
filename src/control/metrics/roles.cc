// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/roles.h"

#include <algorithm>

namespace tuesday::control {

namespace {

std::int64_t Milliseconds(WallTime time) { return time.time_since_epoch().count(); }

// When the last of the baseline's traffic went over: the switch comes before the promotion and takes its requests away.
Instant SwitchedAt(const rollout::Attempt& attempt) {
  const Instant promoted = *attempt.promoted_at;
  return attempt.step_started_at > attempt.started_at ? std::min(attempt.step_started_at, promoted) : promoted;
}

}  // namespace

bool IsJudged(const rollout::Attempt& attempt) {
  if (!attempt.baseline) return false;
  return attempt.stage == rollout::Stage::kStepping || attempt.stage == rollout::Stage::kSwitching ||
         attempt.stage == rollout::Stage::kBaking;
}

std::vector<metrics::RoleRow> RoleRowsOf(const rollout::Attempt& attempt, const state::Exposure& exposure,
                                         const ClockJoin& join, Instant at) {
  metrics::RoleRow canary;
  canary.revision = attempt.revision.str();
  canary.from_ms = Milliseconds(join.ToWall(attempt.started_at));
  canary.canary = true;
  canary.service = exposure.canary_service;
  if (!attempt.baseline) return {canary};
  metrics::RoleRow stable;
  stable.revision = attempt.baseline->str();
  stable.service = exposure.stable_service;
  if (attempt.promoted_at) {
    const Instant switched = SwitchedAt(attempt);
    stable.to_ms = Milliseconds(join.ToWall(switched)) + 1;
    stable.from_ms = stable.to_ms - std::chrono::duration_cast<std::chrono::milliseconds>(kFrozenWindow).count();
    stable.shift_ms = std::max<std::int64_t>(0, Milliseconds(join.ToWall(at)) - Milliseconds(join.ToWall(switched)));
  }
  return {canary, stable};
}

}  // namespace tuesday::control
