// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/blue_green.h"

namespace tuesday::rollout {
namespace {

constexpr SetCanaryScale kFullSize{.replicas = std::nullopt, .weight_percent = 100};

}  // namespace

CanaryStrategy StrategyOf(const BlueGreenStrategy& blue_green) {
  CanaryStrategy strategy;
  strategy.flips = true;
  strategy.traffic_routed = true;
  strategy.scale_down_delay = blue_green.scale_down_delay;
  strategy.abort_scale_down_delay = blue_green.abort_scale_down_delay;
  strategy.post_analysis = blue_green.post_analysis;
  if (blue_green.preview_replicas) {
    strategy.steps.emplace_back(SetCanaryScale{.replicas = blue_green.preview_replicas});
  } else {
    strategy.steps.emplace_back(kFullSize);
  }
  if (blue_green.pre_analysis >= 0) strategy.steps.emplace_back(AnalysisStep{blue_green.pre_analysis});
  if (!blue_green.auto_promotion) {
    strategy.steps.emplace_back(Pause{});
  } else if (blue_green.auto_promotion_after > Duration::zero()) {
    strategy.steps.emplace_back(Pause{blue_green.auto_promotion_after});
  }
  if (blue_green.preview_replicas) strategy.steps.emplace_back(kFullSize);
  return strategy;
}

}  // namespace tuesday::rollout
