// SPDX-License-Identifier: Apache-2.0
#include "questions.h"

#include <algorithm>

#include "core/rollout/describe.h"
#include "core/rollout/preview.h"

namespace tuesday::scenarios {
namespace {

const rollout::RevisionState* WithNumber(const control::RolloutView& view, int number) {
  const auto found = std::ranges::find(view.status.revisions, number, &rollout::RevisionState::number);
  return found == view.status.revisions.end() ? nullptr : &*found;
}

int NumberOf(const control::RolloutView& view, const RevisionId& id) {
  const auto found = std::ranges::find(view.status.revisions, id, &rollout::RevisionState::id);
  return found == view.status.revisions.end() ? 0 : found->number;
}

int NumberAt(const control::RolloutView& view, int slot) {
  const auto found = std::ranges::find(view.status.revisions, slot, &rollout::RevisionState::slot);
  return found == view.status.revisions.end() || slot < 0 ? 0 : found->number;
}

int PodsOf(const control::RolloutView& view, const RevisionId& id) {
  return static_cast<int>(std::ranges::count_if(
      view.world.instances, [&](const rollout::InstanceSeen& seen) { return seen.revision == id && !seen.stopping; }));
}

rollout::Head HeadOf(const Stage& stage, const control::RolloutView& view) {
  return rollout::DescribeHead(view.spec, view.status, view.world, stage.Now());
}

RunKind KindOf(const control::RolloutView& view, const rollout::AnalysisRunKey& key) {
  if (key.step < 0) return RunKind::kBackground;
  if (!view.spec.canary.flips) return RunKind::kInline;
  return key.step >= static_cast<int>(view.spec.canary.steps.size()) ? RunKind::kPostPromotion : RunKind::kPrePromotion;
}

}  // namespace

std::string PhaseOf(const control::RolloutView& view) {
  if (view.name.name.empty()) return "";
  if (view.status.observed != view.spec.generation) return "Progressing";
  return std::string(rollout::PhaseName(view.status.phase));
}

std::vector<int> ReplicaCounts(const Stage& stage, const control::RolloutView& view) {
  const rollout::Head head = HeadOf(stage, view);
  return {head.desired, head.current, head.updated, head.ready, head.available};
}

int PodCount(const control::RolloutView& view, int revision) {
  const rollout::RevisionState* state = WithNumber(view, revision);
  return state == nullptr ? 0 : PodsOf(view, state->id);
}

int CanaryPodCount(const control::RolloutView& view) { return PodsOf(view, view.spec.revision); }

int StablePodCount(const control::RolloutView& view) { return view.status.stable ? PodsOf(view, *view.status.stable) : 0; }

int StepIndex(const Stage& stage, const control::RolloutView& view) { return HeadOf(stage, view).steps_done; }

int ActiveRevision(const control::RolloutView& view) { return NumberAt(view, rollout::AnsweringSlot(view.status.route)); }

int StableRevision(const control::RolloutView& view) { return view.status.stable ? NumberOf(view, *view.status.stable) : 0; }

int PreviewRevision(const control::RolloutView& view) {
  return NumberAt(view, rollout::PreviewSlot(view.status, view.status.route));
}

bool HasScaleDownDeadline(const control::RolloutView& view, int revision) {
  const rollout::RevisionState* state = WithNumber(view, revision);
  return state != nullptr && state->scale_down_at.has_value();
}

std::string RunPhase(const Stage& stage, const control::RolloutView& view, RunKind kind) {
  std::string phase;
  for (const auto& run : stage.analyses().runs()) {
    if (KindOf(view, run->key) == kind) phase = analysis::PhaseName(run->status.phase);
  }
  return phase;
}

bool IsSelectedByRevision(const Json& rollout, const std::string& service) {
  const Json& strategy = rollout.At("spec").At("strategy");
  for (const char* kind : {"canary", "blueGreen"}) {
    for (const char* field : {"activeService", "previewService", "canaryService", "stableService"}) {
      if (strategy.At(kind).At(field).StringOr("") == service) return true;
    }
  }
  return false;
}

std::vector<std::string> Events(const Stage& stage) {
  std::vector<std::string> events;
  for (const NewEntry& entry : stage.entries()) {
    const std::string& kind = entry.entry.kind;
    if (kind == "rollout.started") {
      const bool first = events.empty();
      if (first) events.emplace_back("RolloutAddedToInformer");
      events.emplace_back("RolloutUpdated");
      events.emplace_back("NewReplicaSetCreated");
      if (!first) events.emplace_back("RolloutNotCompleted");
    } else if (kind == "rollout.scaled") {
      events.emplace_back("ScalingReplicaSet");
    } else if (kind == "rollout.weight" && !entry.entry.message.contains(" is stable, ")) {
      events.emplace_back("SwitchService");
    } else if (kind == "rollout.promoted") {
      events.emplace_back("RolloutCompleted");
    } else if (kind == "rollout.aborted") {
      events.emplace_back("RolloutAborted");
    } else if (kind == "rollout.paused") {
      events.emplace_back("RolloutPaused");
    }
  }
  return events;
}

}  // namespace tuesday::scenarios
