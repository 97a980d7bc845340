// SPDX-License-Identifier: Apache-2.0
#include "control/judging/roles.h"

namespace tuesday::control {

bool IsJudged(const rollout::Status& status) {
  if (!status.attempt.has_value() || !status.attempt->baseline.has_value()) return false;
  switch (status.attempt->stage) {
    case rollout::Stage::kStepping:
    case rollout::Stage::kSwitching:
    case rollout::Stage::kBaking: return true;
    default: return false;
  }
}

std::vector<metrics::RoleRow> RoleRows(const rollout::Status& status, const state::Exposure& exposure, Instant now,
                                       const std::function<WallTime(Instant)>& wall) {
  const auto ms = [&wall](Instant instant) { return wall(instant).time_since_epoch().count(); };
  if (!IsJudged(status)) {
    if (!status.stable.has_value()) return {};
    return {{.revision = status.stable->str(), .service = exposure.stable_service}};
  }
  const rollout::Attempt& attempt = *status.attempt;
  metrics::RoleRow canary{.revision = attempt.revision.str(),
                          .from_ms = ms(attempt.started_at),
                          .canary = true,
                          .service = exposure.canary_service};
  metrics::RoleRow stable{.revision = attempt.baseline->str(), .service = exposure.stable_service};
  if (attempt.stage == rollout::Stage::kBaking && attempt.promoted_at.has_value()) {
    const std::int64_t promoted_ms = ms(*attempt.promoted_at);
    stable.from_ms = promoted_ms - std::chrono::duration_cast<std::chrono::milliseconds>(kFrozenWindow).count();
    stable.to_ms = promoted_ms;
    stable.shift_ms = ms(now) - promoted_ms;
  }
  return {std::move(canary), std::move(stable)};
}

}  // namespace tuesday::control
