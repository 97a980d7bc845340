// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/steps.h"

#include <algorithm>

#include "core/rollout/decide/attempt.h"
#include "core/rollout/decide/judge.h"
#include "core/rollout/decide/route.h"

namespace tuesday::rollout {
namespace {

int StepCount(const Spec& spec) { return static_cast<int>(spec.canary.steps.size()); }

const Step& StepAt(const Spec& spec, int index) { return spec.canary.steps[static_cast<std::size_t>(index)]; }

// Counts and shares are as the step asks. Argo: AtDesiredReplicaCountsForCanary.
bool CountsAreThere(Turn& turn, const Attempt& attempt) {
  if (!IsSettled(turn, attempt)) return false;
  const Counts settled = SettledCounts(turn, attempt);
  const RevisionState* canary = FindRevision(turn.status, attempt.revision);
  const RevisionState* stable = FindRevision(turn.status, *attempt.baseline);
  if (canary == nullptr || stable == nullptr) return false;
  // With traffic routing a side may have more than its share while it still has the traffic.
  if (turn.spec.canary.traffic_routed) return canary->desired >= settled.canary && stable->desired >= settled.stable;
  return canary->desired == settled.canary && stable->desired == settled.stable;
}

// A scale that asks for fewer instances is there when those that no traffic needs are gone.
bool HasNoneTooMany(Turn& turn, const Attempt& attempt) {
  const RevisionState* canary = FindRevision(turn.status, attempt.revision);
  return canary != nullptr && canary->desired <= NextCounts(turn, attempt).canary;
}

bool WeightIsThere(Turn& turn, const Attempt& attempt) {
  if (!CountsAreThere(turn, attempt) || !IsRouteAcknowledged(turn)) return false;
  const RevisionState* canary = FindRevision(turn.status, attempt.revision);
  const bool routed = turn.status.route.canary_slot == canary->slot;
  return turn.status.route.weight == CanaryWeight(turn, attempt) && (routed || turn.status.route.weight == kNoWeight);
}

// When the step is over but for evidence, or nothing. A step that is over since some time ago gives that instant.
std::optional<Instant> OverSince(Turn& turn, const Attempt& attempt) {
  const Step& step = StepAt(turn.spec, attempt.step);
  if (attempt.step_released) return turn.now;
  if (std::holds_alternative<SetWeight>(step)) return WeightIsThere(turn, attempt) ? std::optional(turn.now) : std::nullopt;
  if (std::holds_alternative<SetCanaryScale>(step))
    return CountsAreThere(turn, attempt) && HasNoneTooMany(turn, attempt) ? std::optional(turn.now) : std::nullopt;
  if (const auto* pause = std::get_if<Pause>(&step)) {
    if (!pause->duration.has_value()) return std::nullopt;
    const Instant end = attempt.step_started_at + *pause->duration;
    WakeAt(turn, end);
    return end <= turn.now ? std::optional(end) : std::nullopt;
  }
  const auto& analysis = std::get<AnalysisStep>(step);
  const AnalysisSeen* seen = SeenRun(turn.world, StepRun(attempt, analysis.analysis));
  const bool passed = seen != nullptr && seen->phase == AnalysisPhase::kSuccessful;
  return passed ? std::optional(turn.now) : std::nullopt;
}

// A weight or scale that a pause follows is judged by the pause.
bool IsJudgedByNext(const Spec& spec, int index) {
  const Step& step = StepAt(spec, index);
  const bool sets = std::holds_alternative<SetWeight>(step) || std::holds_alternative<SetCanaryScale>(step);
  return sets && index + 1 < StepCount(spec) && std::holds_alternative<Pause>(StepAt(spec, index + 1));
}

void HoldForEvidence(Turn& turn, Attempt& attempt, Instant over_since) {
  if (!attempt.evidence_due_from.has_value()) {
    attempt.evidence_due_from = over_since;
    const std::string why =
        turn.world.gate.has_value() && turn.world.gate->attempt == attempt.id ? turn.world.gate->finding.reason : "";
    Tell(turn, "rollout.no_evidence",
         "Step " + std::to_string(attempt.step) + " would be over, but nothing shows that it is good" +
             (why.empty() ? "." : ": " + why),
         {{"step", attempt.step}});
  }
  if (attempt.pause.has_value() && attempt.pause->reason == PauseReason::kNoEvidence) return;
  const Instant deadline = *attempt.evidence_due_from + turn.spec.progress_deadline;
  if (deadline > turn.now) return WakeAt(turn, deadline);
  const std::string waited = "no evidence within " + DurationText(turn.spec.progress_deadline) + " after the end of step " +
                             std::to_string(attempt.step);
  switch (turn.spec.no_evidence) {
    case NoEvidencePolicy::kAbortAfterDeadline: return GiveUp(turn, "NoEvidence: " + waited + ".");
    case NoEvidencePolicy::kFail: return GiveUp(turn, "NoEvidence: " + waited + ", which counts as a failure.");
    case NoEvidencePolicy::kHold:
      attempt.pause = PauseState{PauseReason::kNoEvidence, turn.now};
      Tell(turn, "rollout.paused", "Paused: " + waited + "; promote to go on without.", {{"step", attempt.step}});
  }
}

void LeaveStep(Turn& turn, Attempt& attempt) {
  const bool shown = VerdictOf(turn, attempt) == gate::Verdict::kPass;
  const std::string how = attempt.step_released && !shown ? " by an operator, without evidence" : "";
  Tell(turn, "rollout.step", "Step " + std::to_string(attempt.step) + " is over" + how + ".",
       {{"step", attempt.step},
        {"weight_permille", turn.status.route.weight.permille()},
        {"gate", std::string(gate::VerdictName(VerdictOf(turn, attempt)))},
        {"released", attempt.step_released}});
  ++attempt.step;
  attempt.step_started_at = turn.now;
  attempt.progressed_at = turn.now;
  attempt.step_released = false;
  attempt.pause.reset();
  attempt.evidence_due_from.reset();
}

// A step that asks for no canary traffic needs no evidence. What counts is what the step approves, not what the canary gets:
// one whose instances died gets nothing, and has shown nothing.
bool MayLeave(Turn& turn, const Attempt& attempt) {
  const bool asks_for_traffic = ApprovedWeight(turn.spec, attempt) > kNoWeight && SettledCounts(turn, attempt).canary > 0;
  return !asks_for_traffic || attempt.step_released || IsJudgedByNext(turn.spec, attempt.step) ||
         VerdictOf(turn, attempt) == gate::Verdict::kPass;
}

void EnterPause(Turn& turn, Attempt& attempt) {
  if (attempt.pause.has_value() || !std::holds_alternative<Pause>(StepAt(turn.spec, attempt.step))) return;
  attempt.pause = PauseState{PauseReason::kStep, turn.now};
  const auto& pause = std::get<Pause>(StepAt(turn.spec, attempt.step));
  const std::string until = pause.duration.has_value() ? " for " + DurationText(*pause.duration) : " until somebody promotes";
  Tell(turn, "rollout.paused", "Paused at step " + std::to_string(attempt.step) + until + ".", {{"step", attempt.step}});
}

bool IsWaitingForPeople(const Attempt& attempt) {
  return attempt.pause.has_value() && attempt.pause->reason == PauseReason::kInconclusive && !attempt.step_released;
}

void AdvanceSteps(Turn& turn, Attempt& attempt) {
  if (IsInitial(attempt) || attempt.full || attempt.step >= StepCount(turn.spec)) {
    attempt.step = StepCount(turn.spec);
    attempt.stage = Stage::kSwitching;
    attempt.progressed_at = turn.now;
    attempt.pause.reset();
    attempt.evidence_due_from.reset();
    turn.changed = true;
    return;
  }
  EnterPause(turn, attempt);
  if (IsWaitingForPeople(attempt)) return;
  const std::optional<Instant> over_since = OverSince(turn, attempt);
  if (over_since.has_value() && MayLeave(turn, attempt)) return LeaveStep(turn, attempt);
  if (!over_since.has_value() && !attempt.evidence_due_from.has_value()) return;
  HoldForEvidence(turn, attempt, over_since.value_or(turn.now));
}

}  // namespace

void Advance(Turn& turn) {
  if (!turn.status.attempt.has_value()) return;
  Attempt& attempt = *turn.status.attempt;
  switch (attempt.stage) {
    case Stage::kStepping: return IsHalted(turn) ? void() : AdvanceSteps(turn, attempt);
    case Stage::kSwitching: return IsHalted(turn) ? void() : AdvanceSwitch(turn, attempt);
    case Stage::kBaking: return AdvanceBake(turn, attempt);
    case Stage::kAborting: return AdvanceAbort(turn, attempt);
    case Stage::kAborted:
    case Stage::kDone: return;
  }
}

}  // namespace tuesday::rollout
