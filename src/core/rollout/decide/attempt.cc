// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/attempt.h"

#include <algorithm>

namespace tuesday::rollout {
namespace {

// Makes `id` the newest revision, as Argo numbers one that comes back.
void NumberAsNewest(Status& status, const RevisionId& id) {
  int newest = 0;
  for (const RevisionState& revision : status.revisions) newest = std::max(newest, revision.number);
  RevisionState state{.id = id, .number = newest + 1};
  state.restarted = status.restarts_asked;
  if (const RevisionState* known = FindRevision(status, id)) {
    if (known->number == newest) return;
    state = *known;
    state.number = newest + 1;
    std::erase_if(status.revisions, [&](const RevisionState& revision) { return revision.id == id; });
  }
  status.revisions.push_back(std::move(state));
}

// FNV-1a over the steps' kinds and numbers, exact as a JSON number.
std::uint64_t StepsHash(const Spec& spec) {
  std::uint64_t hash = 1469598103934665603U;
  const auto mix = [&](std::int64_t value) { hash = (hash ^ static_cast<std::uint64_t>(value)) * 1099511628211U; };
  for (const Step& step : spec.canary.steps) {
    mix(static_cast<std::int64_t>(step.index()));
    if (const auto* set = std::get_if<SetWeight>(&step)) mix(set->weight.permille());
    if (const auto* pause = std::get_if<Pause>(&step)) mix(pause->duration.value_or(Duration(-1)).count());
    if (const auto* analysis = std::get_if<AnalysisStep>(&step)) mix(analysis->analysis);
    if (const auto* scale = std::get_if<SetCanaryScale>(&step)) {
      mix(scale->replicas.value_or(-1));
      mix(scale->weight_percent.value_or(-1));
      mix(scale->match_traffic_weight ? 1 : 0);
    }
  }
  mix(spec.canary.flips ? 1 : 0);
  constexpr std::uint64_t kExactMax = (std::uint64_t{1} << 53) - 1;
  return hash & kExactMax;
}

// Other steps, applied in the middle, begin at the first: an index into the old ones says nothing about the new ones.
void AdoptSteps(Turn& turn) {
  Attempt* attempt = InFlight(turn.status);
  if (attempt == nullptr) return;
  const std::uint64_t hash = StepsHash(turn.spec);
  if (attempt->steps_hash == hash) return;
  const bool known = attempt->steps_hash.has_value();
  attempt->steps_hash = hash;
  if (!known || IsInitial(*attempt)) return;
  attempt->stage = Stage::kStepping;
  attempt->step = 0;
  attempt->switched_at.reset();
  attempt->step_started_at = turn.now;
  attempt->progressed_at = turn.now;
  attempt->step_released = false;
  attempt->pause.reset();
  attempt->evidence_due_from.reset();
  ++attempt->analysis_round;
  Tell(turn, "rollout.steps_changed", "The steps were changed: it begins at the first again.");
}

// Blue-green, and the other side still stands at full size: there is nothing to wait for on the way back. Argo calls it
// the fast track.
bool IsStandingBy(const Turn& turn, const RevisionId& id) {
  const RevisionState* revision = FindRevision(turn.status, id);
  return turn.spec.canary.flips && revision != nullptr && revision->desired >= turn.spec.replicas &&
         ReadyCount(turn, id) >= turn.spec.replicas && turn.spec.replicas > 0;
}

// rollbackWindow: the way back to one of the last revisions before the present one takes no steps. Revisions are as old as
// their last number.
bool IsInRollbackWindow(const Turn& turn, const RevisionId& id) {
  const RevisionState* back = FindRevision(turn.status, id);
  const RevisionState* stable = turn.status.stable.has_value() ? FindRevision(turn.status, *turn.status.stable) : nullptr;
  const int window = turn.spec.rollback_window.value_or(0);
  if (back == nullptr || stable == nullptr || window <= 0 || back->number >= stable->number) return false;
  const auto between = std::ranges::count_if(turn.status.revisions, [&](const RevisionState& revision) {
    return revision.number > back->number && revision.number < stable->number;
  });
  return between < window;
}

}  // namespace

void Supersede(Turn& turn, const std::string& why) {
  std::optional<Attempt>& attempt = turn.status.attempt;
  if (!attempt.has_value() || attempt->stage == Stage::kDone) return;
  const bool ended_before = attempt->ending != Ending::kNone;
  if (!ended_before) {
    attempt->ending = Ending::kSuperseded;
    attempt->reason = why;
    const std::string what = attempt->stage == Stage::kBaking ? "The bake of " : "The rollout of ";
    Tell(turn, "rollout.superseded", what + RevisionText(turn.status, attempt->revision) + " ended: " + why);
  }
  attempt->stage = Stage::kDone;
  attempt->pause.reset();
  attempt->evidence_due_from.reset();
  turn.changed = true;
}

void BeginAttempt(Turn& turn, const RevisionId& revision) {
  Status& status = turn.status;
  const bool in_window = IsInRollbackWindow(turn, revision);
  NumberAsNewest(status, revision);
  Attempt attempt;
  attempt.ordinal = ++status.attempts_begun;
  attempt.id = AttemptId(turn.spec.uid.str() + "." + std::to_string(attempt.ordinal));
  attempt.revision = revision;
  attempt.baseline = status.stable;
  attempt.started_at = turn.now;
  attempt.step_started_at = turn.now;
  attempt.progressed_at = turn.now;
  attempt.steps_hash = StepsHash(turn.spec);
  const bool stands_by = status.stable.has_value() && IsStandingBy(turn, revision);
  attempt.full = stands_by || in_window;
  status.attempt = std::move(attempt);
  Json::Object data{{"ordinal", status.attempts_begun}};
  if (status.stable.has_value()) data.emplace("stable", status.stable->str());
  const std::string_view way = stands_by   ? " at once, for it still stands by at full size"
                               : in_window ? " without steps, for it is within the rollback window"
                                           : "";
  const std::string from =
      status.stable.has_value() ? " over " + RevisionText(status, *status.stable) : " as the first version";
  Tell(turn, "rollout.started",
       "Started to bring " + RevisionText(status, revision) + " to stable" + from + std::string(way) + ".", std::move(data));
}

void AdoptSpec(Turn& turn) {
  Status& status = turn.status;
  status.observed = turn.spec.generation;
  if (turn.spec.revision.empty()) return;
  if (status.stable == turn.spec.revision) {
    if (status.attempt.has_value() && status.attempt->revision != turn.spec.revision) {
      Supersede(turn, "The spec went back to the stable revision.");
      NumberAsNewest(status, turn.spec.revision);
    }
    return;
  }
  const bool same = status.attempt.has_value() && status.attempt->revision == turn.spec.revision;
  const bool left_since = same && status.attempt->stage == Stage::kDone;
  if (same && !left_since) return AdoptSteps(turn);
  Supersede(turn, "A new revision was applied.");
  BeginAttempt(turn, turn.spec.revision);
}

bool CanGiveUp(const Status& status) {
  const std::optional<Attempt>& attempt = status.attempt;
  if (!attempt.has_value() || !attempt->baseline.has_value()) return false;
  return InFlight(status) != nullptr || attempt->stage == Stage::kBaking;
}

void GiveUp(Turn& turn, const std::string& reason, Json::Object data) {
  if (!CanGiveUp(turn.status)) return;
  Attempt& attempt = *turn.status.attempt;
  const bool promoted = attempt.stage == Stage::kBaking;
  if (promoted) turn.status.stable = attempt.baseline;
  attempt.ending = promoted ? Ending::kRolledBack : Ending::kAborted;
  attempt.stage = Stage::kAborting;
  attempt.aborted_at = turn.now;
  attempt.reason = reason;
  attempt.pause.reset();
  attempt.evidence_due_from.reset();
  attempt.step_released = false;
  data.emplace("step", attempt.step);
  data.emplace("weight_permille", turn.status.route.weight.permille());
  data.emplace("back_to", attempt.baseline->str());
  Tell(turn, promoted ? "rollout.rolled_back" : "rollout.aborted",
       (promoted ? "Rolled back " : "Aborted ") + RevisionText(turn.status, attempt.revision) + ": " + reason, std::move(data));
}

}  // namespace tuesday::rollout
