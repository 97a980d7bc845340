// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/roles.h"

#include <algorithm>

namespace tuesday::control {

namespace {

std::int64_t Milliseconds(WallTime time) { return time.time_since_epoch().count(); }

// When the last of the baseline's traffic went over, or nothing while it has some. The switch begins with the end of the last
// step and takes the baseline's requests away before it is seen done.
std::optional<Instant> SwitchedAt(const rollout::Attempt& attempt) {
  const std::optional<Instant> seen = attempt.switched_at ? attempt.switched_at : attempt.promoted_at;
  if (!seen) return std::nullopt;
  return attempt.step_started_at > attempt.started_at ? std::min(attempt.step_started_at, *seen) : *seen;
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
  const std::optional<Instant> switched = SwitchedAt(attempt);
  if (!switched) return {canary, stable};
  const std::int64_t switched_ms = Milliseconds(join.ToWall(*switched));
  stable.to_ms = switched_ms + 1;
  stable.from_ms = stable.to_ms - std::chrono::duration_cast<std::chrono::milliseconds>(kFrozenWindow).count();
  stable.shift_ms = std::max<std::int64_t>(0, Milliseconds(join.ToWall(at)) - switched_ms);
  if (!exposure.services_swap) return {canary, stable};
  // The requests of the active service are the new revision's from here on, and only its.
  metrics::RoleRow active = canary;
  canary.to_ms = switched_ms + 1;
  active.from_ms = switched_ms + 1;
  active.service = exposure.stable_service;
  stable.service = exposure.canary_service;
  return {canary, active, stable};
}

}  // namespace tuesday::control
