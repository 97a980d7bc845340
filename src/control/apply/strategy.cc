// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "control/apply/resolve.h"
#include "core/rollout/blue_green.h"

namespace tuesday::control {

namespace {

rollout::CountOrPercent CountOf(const manifest::IntOrPercent& value) { return {value.value, value.percent}; }

// Several templates of one reference are one run: Argo merges their metrics.
std::string AnalysisName(const manifest::AnalysisRef& reference) {
  std::string name;
  for (const manifest::AnalysisRef::Template& part : reference.templates) {
    if (!name.empty()) name += "+";
    name += part.name;
  }
  return name;
}

int AddAnalysis(const manifest::AnalysisRef& reference, std::vector<std::string>& analyses) {
  analyses.push_back(AnalysisName(reference));
  return static_cast<int>(analyses.size()) - 1;
}

Result<rollout::Step> ResolveStep(const manifest::Step& step, std::vector<std::string>& analyses) {
  if (const auto* weight = std::get_if<manifest::StepSetWeight>(&step.body)) {
    return rollout::SetWeight{Weight::Percent(std::clamp(weight->percent, 0, 100))};
  }
  if (const auto* pause = std::get_if<manifest::StepPause>(&step.body)) return rollout::Pause{pause->duration};
  if (const auto* scale = std::get_if<manifest::StepSetCanaryScale>(&step.body)) {
    return rollout::SetCanaryScale{scale->replicas, scale->weight, scale->match_traffic_weight};
  }
  if (const auto* analysis = std::get_if<manifest::StepAnalysis>(&step.body)) {
    return rollout::AnalysisStep{AddAnalysis(analysis->analysis, analyses)};
  }
  return Fail(ErrorCode::kUnsupported,
              step.at.Text() + ": the step `" + std::get<manifest::StepUnsupported>(step.body).name + "` is not done yet.");
}

Result<rollout::CanaryStrategy> ResolveCanary(const manifest::CanaryStrategy& canary, std::vector<std::string>& analyses) {
  rollout::CanaryStrategy strategy;
  if (canary.steps.size() > static_cast<std::size_t>(rollout::kStepsMax)) {
    return Fail(ErrorCode::kLimit, "A strategy takes at most " + std::to_string(rollout::kStepsMax) + " steps.");
  }
  for (const manifest::Step& step : canary.steps) {
    TRY(rollout::Step resolved, ResolveStep(step, analyses));
    strategy.steps.push_back(std::move(resolved));
  }
  if (canary.max_surge) strategy.max_surge = CountOf(*canary.max_surge);
  if (canary.max_unavailable) strategy.max_unavailable = CountOf(*canary.max_unavailable);
  if (canary.analysis) {
    strategy.background_analysis = AddAnalysis(*canary.analysis, analyses);
    strategy.background_starting_step = canary.analysis_starting_step;
  }
  strategy.traffic_routed = canary.traffic_routing.has_value();
  if (canary.traffic_routing) strategy.max_traffic_weight = canary.traffic_routing->max_traffic_weight;
  strategy.scale_down_delay = canary.scale_down_delay;
  strategy.abort_scale_down_delay = canary.abort_scale_down_delay;
  strategy.scale_down_delay_revision_limit = canary.scale_down_delay_revision_limit;
  strategy.dynamic_stable_scale = canary.dynamic_stable_scale;
  strategy.min_pods_per_replica_set = canary.min_pods_per_replica_set;
  return strategy;
}

rollout::CanaryStrategy ResolveBlueGreen(const manifest::BlueGreenStrategy& given, std::vector<std::string>& analyses) {
  rollout::BlueGreenStrategy strategy;
  strategy.preview_replicas = given.preview_replicas;
  strategy.auto_promotion = given.auto_promotion;
  strategy.auto_promotion_after = given.auto_promotion_after;
  strategy.scale_down_delay = given.scale_down_delay;
  strategy.abort_scale_down_delay = given.abort_scale_down_delay;
  if (given.pre_promotion_analysis) strategy.pre_analysis = AddAnalysis(*given.pre_promotion_analysis, analyses);
  if (given.post_promotion_analysis) strategy.post_analysis = AddAnalysis(*given.post_promotion_analysis, analyses);
  rollout::CanaryStrategy resolved = rollout::StrategyOf(strategy);
  resolved.scale_down_delay_revision_limit = given.scale_down_delay_revision_limit;
  return resolved;
}

}  // namespace

Result<rollout::CanaryStrategy> ResolveStrategy(const manifest::Rollout& rollout, std::vector<std::string>& analyses) {
  if (const auto* blue_green = std::get_if<manifest::BlueGreenStrategy>(&rollout.strategy)) {
    return ResolveBlueGreen(*blue_green, analyses);
  }
  return ResolveCanary(std::get<manifest::CanaryStrategy>(rollout.strategy), analyses);
}

}  // namespace tuesday::control
