// SPDX-License-Identifier: Apache-2.0
// How many instances of canary and stable a weight asks for: Argo Rollouts 1.9's replica maths, exact, over plain numbers.
// Weights are parts of `weight_max`, so that percent, permille and Argo's maxTrafficWeight all read the same.
#pragma once

#include <optional>
#include <vector>

#include "core/rollout/spec.h"

namespace tuesday::rollout {

struct Counts {
  int canary = 0;
  int stable = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

// The instances of one revision: asked for, and available.
struct Group {
  int spec = 0;
  int available = 0;
  friend bool operator==(const Group&, const Group&) = default;
};

struct Share {
  int weight = 0;
  int weight_max = 100;
  friend bool operator==(const Share&, const Share&) = default;
};

// How far one move may leave `replicas`. Surge rounds up, unavailable down; both 0 become one unavailable.
struct Fence {
  int surge = 0;
  int unavailable = 0;
  friend bool operator==(const Fence&, const Fence&) = default;
};
Fence ResolveFence(const CountOrPercent& max_surge, const CountOrPercent& max_unavailable, int replicas);

// ceil(replicas x share).
int WeightToReplicas(int replicas, Share share);

// The split of `replicas` (or one more, with surge) that is nearest to the weight; never an empty side for a weight between
// the ends where two can be had.
Counts ApproximateSplit(int replicas, Share canary, int surge);

// One move of a canary without traffic routing, inside the fence: stable grows first, then the canary; older revisions
// drain before either shrinks. `canary_has_stable` is false on an initial deploy or when the canary is the stable one.
struct BasicMove {
  int replicas = 0;
  Share weight;
  Fence fence;
  bool canary_has_stable = true;
  Group canary;
  Group stable;
  int older_spec = 0;
};
Counts NextBasicCounts(const BasicMove& move);

// What a canary with traffic routing wants, and the traffic that both sides still have. On abort `canary_scale` counts
// only where the canary is to be left up (`keep_scale_on_abort`: abortScaleDownDelaySeconds is 0).
struct RoutedWant {
  int replicas = 0;
  Share weight;
  std::optional<SetCanaryScale> canary_scale;
  bool aborted = false;
  bool keep_scale_on_abort = false;
  bool dynamic_stable_scale = false;
  std::optional<int> min_pods;
  Share canary_traffic;
  Share stable_traffic;
};
Counts RoutedCounts(const RoutedWant& want);

// The weight that an abort under dynamicStableScale steps down to: the last setWeight that asks for fewer canary instances
// than stable lacks and the canary has. 0 when there is none.
int SteppedDownWeight(const std::vector<int>& step_weights, int weight_max, int replicas, int stable_available,
                      int canary_available);

}  // namespace tuesday::rollout
