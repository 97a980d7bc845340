// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/phase.h"

#include "core/rollout/decide/judge.h"
#include "core/rollout/decide/restart.h"
#include "core/rollout/describe.h"

namespace tuesday::rollout {
namespace {

struct PhaseText {
  Phase phase = Phase::kHealthy;
  std::string message;
};

bool WasGivenUp(const Turn& turn) {
  const std::optional<Attempt>& attempt = turn.status.attempt;
  if (!attempt.has_value() || attempt->revision != turn.spec.revision) return false;
  return attempt->stage == Stage::kAborting || attempt->stage == Stage::kAborted;
}

std::string AbortText(const Turn& turn) {
  const Attempt& attempt = *turn.status.attempt;
  const RevisionState* revision = FindRevision(turn.status, attempt.revision);
  const std::string number = revision == nullptr ? attempt.revision.str() : std::to_string(revision->number);
  return "RolloutAborted: Rollout aborted update to revision " + number + (attempt.reason.empty() ? "" : ": " + attempt.reason);
}

// What a rollout that is neither paused nor broken still waits for; empty when nothing.
std::string Remaining(Turn& turn) {
  if (!turn.waiting_for.empty()) return turn.waiting_for;
  const Attempt* attempt = InFlight(turn.status);
  if (attempt != nullptr && attempt->evidence_due_from.has_value()) return "waiting for evidence that the step is good";
  const RevisionState* updated = FindRevision(turn.status, turn.spec.revision);
  if (attempt != nullptr && !IsInitial(*attempt)) {
    return attempt->stage == Stage::kSwitching ? "waiting for the new version to serve alone"
                                               : "waiting for all steps to complete";
  }
  if (updated != nullptr && updated->desired < turn.spec.replicas) return "more replicas need to be updated";
  if (AvailableCount(turn, turn.spec.revision) < turn.spec.replicas) return "updated replicas are still becoming available";
  if (attempt != nullptr) return "waiting for the new version to serve alone";
  return RestartText(turn);
}

PhaseText PhaseOf(Turn& turn) {
  if (WasGivenUp(turn)) return {Phase::kDegraded, AbortText(turn)};
  if (const std::string failure = ProgressFailure(turn); !failure.empty()) return {Phase::kDegraded, failure};
  if (IsHalted(turn)) return {Phase::kPaused, std::string(PauseName(PauseReason::kOperator))};
  const Attempt* attempt = InFlight(turn.status);
  const bool waits = attempt != nullptr && attempt->pause.has_value();
  if (waits && attempt->pause->reason == PauseReason::kStep && attempt->evidence_due_from.has_value()) {
    return {Phase::kProgressing, Remaining(turn)};
  }
  if (waits && attempt->pause->reason == PauseReason::kStep && turn.spec.canary.flips)
    return {Phase::kPaused, "BlueGreenPause"};
  if (waits) return {Phase::kPaused, std::string(PauseName(attempt->pause->reason))};
  const std::string remaining = Remaining(turn);
  return {remaining.empty() ? Phase::kHealthy : Phase::kProgressing, remaining};
}

}  // namespace

void SettlePhase(Turn& turn) {
  const PhaseText next = PhaseOf(turn);
  const bool timed_out = next.message.starts_with(kProgressDeadlineExceeded);
  // Once: what an instance says of itself changes with each of its starts.
  if (timed_out && !turn.status.message.starts_with(kProgressDeadlineExceeded))
    Tell(turn, "rollout.progress_deadline", next.message);
  turn.status.phase = next.phase;
  turn.status.message = next.message;
}

}  // namespace tuesday::rollout
