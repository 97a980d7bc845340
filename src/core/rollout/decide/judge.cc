// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/judge.h"

#include <algorithm>

#include "core/rollout/decide/attempt.h"

namespace tuesday::rollout {
namespace {

constexpr int kBackgroundStep = -1;

AnalysisRunKey BackgroundRun(const Spec& spec, const Attempt& attempt) {
  return {attempt.id, spec.canary.background_analysis, kBackgroundStep, attempt.analysis_round};
}

const Step* StepUnderWay(const Spec& spec, const Attempt& attempt) {
  const bool there =
      attempt.stage == Stage::kStepping && attempt.step >= 0 && attempt.step < static_cast<int>(spec.canary.steps.size());
  return there ? &spec.canary.steps[static_cast<std::size_t>(attempt.step)] : nullptr;
}

std::string RunName(const Spec& spec, const AnalysisRunKey& key) {
  const bool named = key.analysis >= 0 && key.analysis < static_cast<int>(spec.analyses.size());
  return named ? spec.analyses[static_cast<std::size_t>(key.analysis)] : "analysis " + std::to_string(key.analysis);
}

void JudgeByGate(Turn& turn) {
  if (!CanGiveUp(turn.status) || VerdictOf(turn, *turn.status.attempt) != gate::Verdict::kFail) return;
  const gate::Finding& finding = turn.world.gate->finding;
  Json::Array evidence;
  for (const gate::Evidence& item : finding.evidence)
    evidence.push_back(Json::Object{{"what", item.what}, {"value", item.value}});
  GiveUp(turn, finding.reason.empty() ? "The rollout gate failed." : finding.reason, {{"evidence", std::move(evidence)}});
}

void JudgeByRun(Turn& turn, const AnalysisRunKey& key) {
  const AnalysisSeen* seen = SeenRun(turn.world, key);
  Attempt* attempt = InFlight(turn.status);
  if (seen == nullptr || attempt == nullptr) return;
  const std::string name = RunName(turn.spec, key);
  const std::string tail = seen->message.empty() ? "." : ": " + seen->message;
  if (seen->phase == AnalysisPhase::kFailed) {
    GiveUp(turn, "Analysis " + name + " failed" + tail);
  } else if (seen->phase == AnalysisPhase::kError) {
    GiveUp(turn, "Analysis " + name + " could not measure" + tail);
  } else if (seen->phase == AnalysisPhase::kInconclusive && !attempt->full &&
             (!attempt->pause.has_value() || attempt->pause->reason != PauseReason::kInconclusive)) {
    attempt->pause = PauseState{PauseReason::kInconclusive, turn.now};
    Tell(turn, "rollout.paused", "Paused: analysis " + name + " was inconclusive" + tail, {{"analysis", name}});
  }
}

void JudgeByProgress(Turn& turn) {
  const std::optional<Instant> deadline = ProgressDeadline(turn);
  if (!deadline.has_value()) return;
  if (*deadline > turn.now) return WakeAt(turn, *deadline);
  if (turn.spec.progress_deadline_abort) GiveUp(turn, ProgressFailure(turn));
}

}  // namespace

gate::Verdict VerdictOf(const Turn& turn, const Attempt& attempt) {
  const bool ours = turn.world.gate.has_value() && turn.world.gate->attempt == attempt.id;
  return ours ? turn.world.gate->finding.verdict : gate::Verdict::kNoEvidence;
}

const AnalysisSeen* SeenRun(const World& world, const AnalysisRunKey& key) {
  const auto found = std::ranges::find(world.analyses, key, &AnalysisSeen::key);
  return found == world.analyses.end() ? nullptr : &*found;
}

AnalysisRunKey StepRun(const Attempt& attempt, int analysis) {
  return {attempt.id, analysis, attempt.step, attempt.analysis_round};
}

std::vector<AnalysisRunKey> AnalysesWanted(const Turn& turn) {
  std::vector<AnalysisRunKey> keys;
  const Attempt* attempt = InFlight(turn.status);
  if (attempt == nullptr || IsInitial(*attempt) || attempt->full) return keys;
  const CanaryStrategy& strategy = turn.spec.canary;
  if (strategy.background_analysis >= 0 && attempt->step >= strategy.background_starting_step) {
    keys.push_back(BackgroundRun(turn.spec, *attempt));
  }
  if (attempt->switched_at.has_value() && strategy.post_analysis >= 0) {
    keys.push_back(StepRun(*attempt, strategy.post_analysis));
  }
  const Step* step = StepUnderWay(turn.spec, *attempt);
  const auto* analysis = step == nullptr ? nullptr : std::get_if<AnalysisStep>(step);
  if (analysis != nullptr && !IsHalted(turn)) keys.push_back(StepRun(*attempt, analysis->analysis));
  return keys;
}

void Judge(Turn& turn) {
  JudgeByGate(turn);
  for (const AnalysisRunKey& key : AnalysesWanted(turn)) JudgeByRun(turn, key);
  JudgeByProgress(turn);
}

std::optional<Instant> ProgressDeadline(const Turn& turn) {
  const Attempt* attempt = InFlight(turn.status);
  if (attempt == nullptr || IsHalted(turn) || attempt->pause.has_value() || attempt->evidence_due_from.has_value() ||
      attempt->switched_at.has_value()) {
    return std::nullopt;
  }
  if (!IsInitial(*attempt) && !attempt->full) {
    const Step* step = StepUnderWay(turn.spec, *attempt);
    const bool waits = step != nullptr && (std::holds_alternative<Pause>(*step) || std::holds_alternative<AnalysisStep>(*step));
    if (waits) return std::nullopt;
  }
  Instant progressed = attempt->progressed_at;
  for (const InstanceSeen& instance : turn.world.instances) {
    if (instance.revision != attempt->revision || !instance.ready_since.has_value() || *instance.ready_since > turn.now)
      continue;
    progressed = std::max(progressed, *instance.ready_since);
  }
  return progressed + turn.spec.progress_deadline;
}

std::string ProgressFailure(const Turn& turn) {
  const std::optional<Instant> deadline = ProgressDeadline(turn);
  if (!deadline.has_value() || *deadline > turn.now) return "";
  const RevisionId& revision = turn.status.attempt->revision;
  const auto troubled = std::ranges::find_if(turn.world.instances, [&](const InstanceSeen& instance) {
    return instance.revision == revision && !instance.ready && !instance.trouble.empty();
  });
  return std::string(kProgressDeadlineExceeded) + ": ReplicaSet \"" + turn.spec.name.name + "-" + revision.str() +
         "\" has timed out progressing." +
         (troubled == turn.world.instances.end() ? "" : " Instance " + troubled->id.str() + ": " + troubled->trouble);
}

}  // namespace tuesday::rollout
