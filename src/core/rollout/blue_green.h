// SPDX-License-Identifier: Apache-2.0
// Blue-green as a canary that gives everything at once: the new revision comes up at full size without a request, is
// analysed, waits, and takes all of them in one step. So every promise about a canary holds for it too.
#pragma once

#include <optional>

#include "base/time.h"
#include "core/rollout/spec.h"

namespace tuesday::rollout {

// Argo's words (types.go, BlueGreenStrategy). Analyses are indices in `Spec::analyses`, or -1.
struct BlueGreenStrategy {
  std::optional<int> preview_replicas;  // Until it is about to take the requests; none: as many as the active side.
  bool auto_promotion = true;           // False: somebody has to promote.
  Duration auto_promotion_after{};      // From when preview is up and analysed. Nothing is waited for without it.
  int pre_analysis = -1;
  int post_analysis = -1;
  std::optional<Duration> scale_down_delay;
  std::optional<Duration> abort_scale_down_delay;
};

CanaryStrategy StrategyOf(const BlueGreenStrategy& blue_green);

}  // namespace tuesday::rollout
