// SPDX-License-Identifier: Apache-2.0
// What both strategies have, under one name.
#include "core/manifest/rollout.h"

namespace tuesday::manifest {

ServiceNames ServicesOf(const Rollout& rollout) {
  if (const auto* canary = std::get_if<CanaryStrategy>(&rollout.strategy)) {
    return {canary->stable_service, canary->canary_service, "stableService", "canaryService"};
  }
  const auto& blue_green = std::get<BlueGreenStrategy>(rollout.strategy);
  return {blue_green.active_service, blue_green.preview_service, "activeService", "previewService"};
}

std::string_view StrategyKey(const Rollout& rollout) {
  return std::holds_alternative<CanaryStrategy>(rollout.strategy) ? "canary" : "blueGreen";
}

std::vector<const AnalysisRef*> AnalysesOf(const Rollout& rollout) {
  std::vector<const AnalysisRef*> references;
  const auto add = [&](const std::optional<AnalysisRef>& reference) {
    if (reference) references.push_back(&*reference);
  };
  if (const auto* canary = std::get_if<CanaryStrategy>(&rollout.strategy)) {
    for (const Step& step : canary->steps) {
      if (const auto* analysis = std::get_if<StepAnalysis>(&step.body)) references.push_back(&analysis->analysis);
    }
    add(canary->analysis);
    return references;
  }
  const auto& blue_green = std::get<BlueGreenStrategy>(rollout.strategy);
  add(blue_green.pre_promotion_analysis);
  add(blue_green.post_promotion_analysis);
  return references;
}

}  // namespace tuesday::manifest
