// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/describe.h"

#include <algorithm>

#include "core/rollout/decide/route.h"
#include "core/rollout/decide/turn.h"
#include "core/rollout/preview.h"

namespace tuesday::rollout {
namespace {

std::string ScaleText(const SetCanaryScale& scale) {
  if (scale.match_traffic_weight) return "setCanaryScale as the traffic weight";
  if (scale.replicas.has_value()) return "setCanaryScale " + std::to_string(*scale.replicas) + " instances";
  return "setCanaryScale " + std::to_string(scale.weight_percent.value_or(0)) + " %";
}

// Argo's step index: 0 after an abort, the count once all are done.
int StepsDone(const Spec& spec, const Status& status) {
  const int count = static_cast<int>(spec.canary.steps.size());
  if (!status.attempt.has_value() || status.attempt->revision != spec.revision) return count;
  const Stage stage = status.attempt->stage;
  if (stage == Stage::kAborting || stage == Stage::kAborted) return 0;
  return stage == Stage::kStepping ? std::clamp(status.attempt->step, 0, count) : count;
}

Weight SetWeightOf(const Spec& spec, const Status& status) {
  const Attempt* attempt = InFlight(status);
  if (attempt != nullptr) return IsInitial(*attempt) ? kFullWeight : ApprovedWeight(spec, *attempt);
  const bool given_up = status.attempt.has_value() && status.stable != spec.revision;
  return given_up ? kNoWeight : kFullWeight;
}

Weight ActualWeightOf(const Status& status, const World& world) {
  if (status.stable.has_value() && InFlight(status) == nullptr && status.attempt.has_value() &&
      status.stable == status.attempt->revision) {
    return kFullWeight;
  }
  return world.route.has_value() ? world.route->route.weight : status.route.weight;
}

// In blue-green only the side that answers requests counts as ready: the other one helps nobody yet.
bool Answers(const Spec& spec, const Status& status, const RevisionId& id) {
  if (!spec.canary.flips || status.route.epoch.value == 0) return true;
  const RevisionState* revision = FindRevision(status, id);
  return revision != nullptr && revision->slot == AnsweringSlot(status.route);
}

}  // namespace

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kHealthy: return "Healthy";
    case Phase::kProgressing: return "Progressing";
    case Phase::kPaused: return "Paused";
    case Phase::kDegraded: return "Degraded";
  }
  return "";
}

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kStepping: return "stepping";
    case Stage::kSwitching: return "switching";
    case Stage::kBaking: return "baking";
    case Stage::kDone: return "done";
    case Stage::kAborting: return "aborting";
    case Stage::kAborted: return "aborted";
  }
  return "";
}

std::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kNone: return "";
    case Ending::kPromoted: return "promoted";
    case Ending::kAborted: return "aborted";
    case Ending::kRolledBack: return "rolled back";
    case Ending::kSuperseded: return "superseded";
  }
  return "";
}

std::string_view PauseName(PauseReason reason) {
  switch (reason) {
    case PauseReason::kStep: return "CanaryPauseStep";
    case PauseReason::kInconclusive: return "InconclusiveAnalysisRun";
    case PauseReason::kNoEvidence: return "NoEvidence";
    case PauseReason::kOperator: return "manually paused";
  }
  return "";
}

Head DescribeHead(const Spec& spec, const Status& status, const World& world, Instant now) {
  Turn turn{.spec = spec, .world = world, .now = now, .status = status, .entries = {}, .wake_at = {}, .waiting_for = {}};
  Head head;
  head.phase = PhaseName(status.phase);
  head.message = status.message;
  head.step_count = static_cast<int>(spec.canary.steps.size());
  head.steps_done = StepsDone(spec, status);
  if (head.step_count > 0) head.step = std::to_string(head.steps_done) + "/" + std::to_string(head.step_count);
  head.set_weight = SetWeightOf(spec, status);
  head.actual_weight = ActualWeightOf(status, world);
  head.desired = spec.replicas;
  for (const InstanceSeen& instance : world.instances) {
    if (instance.stopping) continue;
    ++head.current;
    if (instance.revision == spec.revision) ++head.updated;
    if (instance.ready && Answers(spec, status, instance.revision)) ++head.ready;
  }
  for (const RevisionState& revision : status.revisions) {
    if (Answers(spec, status, revision.id)) head.available += AvailableCount(turn, revision.id);
  }
  return head;
}

std::string StepText(const Spec& spec, const Step& step) {
  if (const auto* set = std::get_if<SetWeight>(&step)) return "setWeight " + set->weight.Text();
  if (const auto* scale = std::get_if<SetCanaryScale>(&step)) return ScaleText(*scale);
  if (const auto* pause = std::get_if<Pause>(&step)) {
    return pause->duration.has_value() ? "pause " + DurationText(*pause->duration) : "pause until promoted";
  }
  const int index = std::get<AnalysisStep>(step).analysis;
  const bool named = index >= 0 && index < static_cast<int>(spec.analyses.size());
  return "analysis " + (named ? spec.analyses[static_cast<std::size_t>(index)] : std::to_string(index));
}

std::string_view RoleName(const Status& status, const RevisionId& revision) {
  if (status.stable == revision) return "stable";
  const Attempt* attempt = InFlight(status);
  return attempt != nullptr && attempt->revision == revision ? "canary" : "";
}

}  // namespace tuesday::rollout
