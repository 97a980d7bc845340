// SPDX-License-Identifier: Apache-2.0
#include "control/apply/plan.h"

#include <algorithm>

#include "core/rollout/describe.h"
#include "core/rollout/replicas.h"

namespace tuesday::control {

namespace {

// Instances of both sides at a weight, once everything that this step asks for is available.
rollout::Counts CountsAt(const rollout::Spec& spec, Weight weight, const std::optional<rollout::SetCanaryScale>& scale) {
  const rollout::Share share{weight.permille(), 1000};
  if (!spec.canary.traffic_routed) return rollout::ApproximateSplit(spec.replicas, share, 0);
  rollout::RoutedWant want;
  want.replicas = spec.replicas;
  want.weight = share;
  want.canary_scale = scale;
  want.dynamic_stable_scale = spec.canary.dynamic_stable_scale;
  want.min_pods = spec.canary.min_pods_per_replica_set;
  want.canary_traffic = share;
  want.stable_traffic = {1000 - weight.permille(), 1000};
  return rollout::RoutedCounts(want);
}

std::string GateOf(const rollout::Spec& spec, std::size_t index, Weight weight) {
  const rollout::Step& step = spec.canary.steps[index];
  if (const auto* analysis = std::get_if<rollout::AnalysisStep>(&step)) {
    return "analysis " + spec.analyses[static_cast<std::size_t>(analysis->analysis)];
  }
  return weight == kNoWeight ? "" : "rollout gate";
}

}  // namespace

RolloutPlan PlanOf(const std::optional<state::RolloutRecord>& known, const state::RolloutRecord& wanted) {
  RolloutPlan plan;
  plan.name = wanted.spec.name;
  plan.to = wanted.spec.revision;
  if (!known) {
    plan.move = RolloutMove::kInitialDeploy;
    return plan;
  }
  plan.from = known->spec.revision;
  if (plan.from == plan.to) {
    plan.move = known->spec == wanted.spec && known->exposure == wanted.exposure ? RolloutMove::kNone : RolloutMove::kSettings;
    return plan;
  }
  plan.move = RolloutMove::kCanary;
  Weight weight;
  std::optional<rollout::SetCanaryScale> scale;
  for (std::size_t i = 0; i < wanted.spec.canary.steps.size(); ++i) {
    const rollout::Step& step = wanted.spec.canary.steps[i];
    PlannedStep planned;
    planned.what = rollout::StepText(wanted.spec, step);
    planned.dwell = Duration{};
    if (const auto* set = std::get_if<rollout::SetWeight>(&step)) weight = set->weight;
    if (const auto* set = std::get_if<rollout::SetCanaryScale>(&step)) scale = *set;
    if (const auto* pause = std::get_if<rollout::Pause>(&step)) planned.dwell = pause->duration;
    planned.weight = weight;
    const rollout::Counts counts = CountsAt(wanted.spec, weight, scale);
    planned.canary_instances = counts.canary;
    planned.stable_instances = counts.stable;
    planned.gate = GateOf(wanted.spec, i, weight);
    plan.dwell_least += planned.dwell.value_or(Duration{});
    plan.steps.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace tuesday::control
