// SPDX-License-Identifier: Apache-2.0
// The two phases of a promotion, the bake after it, and the way down of an abort.
#include <algorithm>

#include "core/rollout/decide/attempt.h"
#include "core/rollout/decide/judge.h"
#include "core/rollout/decide/route.h"
#include "core/rollout/decide/steps.h"

namespace tuesday::rollout {
namespace {

// First phase done: the edge acknowledged full weight on the new revision's slot, and found all its instances up.
bool IsServingAlone(Turn& turn, const Attempt& attempt) {
  const RevisionState* revision = FindRevision(turn.status, attempt.revision);
  if (revision == nullptr || revision->desired != turn.spec.replicas) return false;
  if (turn.spec.replicas == 0) return true;
  if (!IsSettled(turn, attempt) || !IsRouteAcknowledged(turn)) return false;
  const Route& route = turn.status.route;
  if (IsInitial(attempt)) return route.stable_slot == revision->slot && revision->slot >= 0;
  return route.canary_slot == revision->slot && route.weight == kFullWeight;
}

// The analysis after the switch, where there is one, has passed. Nothing else lets the attempt go on: that it was told to
// end, or that instances came and went meanwhile, is no success.
bool IsAnalysedAfterSwitch(const Turn& turn, const Attempt& attempt) {
  const int analysis = turn.spec.canary.post_analysis;
  if (analysis < 0 || attempt.full || IsInitial(attempt)) return true;
  const AnalysisSeen* seen = SeenRun(turn.world, StepRun(attempt, analysis));
  return seen != nullptr && seen->phase == AnalysisPhase::kSuccessful;
}

void EndBake(Turn& turn, Attempt& attempt) {
  const bool without_evidence = VerdictOf(turn, attempt) == gate::Verdict::kNoEvidence;
  attempt.stage = Stage::kDone;
  attempt.ending = Ending::kPromoted;
  const std::string note = without_evidence ? " with no evidence at its end" : "";
  Tell(turn, "rollout.bake_passed", "The bake of " + RevisionText(turn.status, attempt.revision) + " is over" + note + ".",
       {{"gate", std::string(gate::VerdictName(VerdictOf(turn, attempt)))}});
}

}  // namespace

void AdvanceSwitch(Turn& turn, Attempt& attempt) {
  const bool inconclusive = attempt.pause.has_value() && attempt.pause->reason == PauseReason::kInconclusive;
  if (inconclusive || !IsServingAlone(turn, attempt)) return;
  if (!attempt.switched_at.has_value()) {
    attempt.switched_at = turn.now;
    turn.changed = true;
  }
  if (!IsAnalysedAfterSwitch(turn, attempt)) return;
  turn.status.stable = attempt.revision;
  attempt.promoted_at = turn.now;
  attempt.pause.reset();
  const bool bakes = !IsInitial(attempt) && turn.spec.bake > Duration::zero();
  attempt.stage = bakes ? Stage::kBaking : Stage::kDone;
  if (!bakes) attempt.ending = Ending::kPromoted;
  const std::string text = IsInitial(attempt) ? "Initial deploy"
                           : bakes            ? "Bakes for " + DurationText(turn.spec.bake)
                                              : "Completed";
  Tell(turn, "rollout.promoted", "Promoted " + RevisionText(turn.status, attempt.revision) + " to stable. " + text + ".",
       {{"epoch", turn.status.route.epoch.value}});
}

void AdvanceBake(Turn& turn, Attempt& attempt) {
  const Instant end = attempt.promoted_at.value_or(attempt.started_at) + turn.spec.bake;
  if (end > turn.now) return WakeAt(turn, end);
  EndBake(turn, attempt);
}

void AdvanceAbort(Turn& turn, Attempt& attempt) {
  const RevisionState* stable = attempt.baseline.has_value() ? FindRevision(turn.status, *attempt.baseline) : nullptr;
  const Route& route = turn.status.route;
  const bool away =
      route.weight == kNoWeight && stable != nullptr && route.stable_slot == stable->slot && route.canary_slot == stable->slot;
  if (!away || !IsRouteAcknowledged(turn)) return;
  attempt.stage = Stage::kAborted;
  Tell(turn, "rollout.traffic_withdrawn",
       "The edge acknowledged that " + RevisionText(turn.status, attempt.revision) + " takes no new request.",
       {{"epoch", route.epoch.value}});
}

}  // namespace tuesday::rollout
