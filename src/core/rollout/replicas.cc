// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/replicas.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace tuesday::rollout {
namespace {

std::int64_t CeilDivide(std::int64_t dividend, std::int64_t divisor) { return (dividend + divisor - 1) / divisor; }

// A share of n that ends in exactly one half is given to the canary.
bool Tied(std::int64_t n, Share share) { return (n * share.weight * 2) % (2LL * share.weight_max) == share.weight_max; }

struct Split {
  int canary = 0;
  int total = 0;
};

// Whether `a` is strictly nearer to the weight than `b`; exact, by multiplying out the totals.
bool Nearer(const Split& a, const Split& b, Share share) {
  const auto miss = [&](const Split& split) {
    return std::abs(std::int64_t{split.canary} * share.weight_max - std::int64_t{share.weight} * split.total);
  };
  return miss(a) * b.total < miss(b) * a.total;
}

std::vector<Split> SplitChoices(int replicas, Share canary, int surge) {
  const std::int64_t parts = std::int64_t{replicas} * canary.weight;
  const int up = static_cast<int>(CeilDivide(parts, canary.weight_max));
  const int down = static_cast<int>(parts / canary.weight_max);
  const bool empty_side_allowed = canary.weight <= 0 || canary.weight >= canary.weight_max || (replicas == 1 && surge == 0);
  const bool down_allowed = down != 0 || empty_side_allowed;
  std::vector<Split> choices;
  if (up < replicas || empty_side_allowed) choices.push_back({up, replicas});
  if (!Tied(replicas, canary) && down_allowed) choices.push_back({down, replicas});
  if (surge > 0) {
    choices.push_back({up, replicas + 1});
    if (!Tied(replicas + 1, canary) && down_allowed) choices.push_back({down, replicas + 1});
  }
  return choices;
}

int ScaleDownable(const Group& group, bool ignore_availability) {
  return ignore_availability ? group.spec : std::min(group.spec, group.available);
}

// Grows `spec` towards `desired` by at most `room`, and takes what it used from it.
int Grown(int spec, int desired, int* room) {
  if (desired <= spec || *room <= 0) return spec;
  const int growth = std::min(desired - spec, *room);
  *room -= growth;
  return spec + growth;
}

// Trims the pair to the fence: what exceeds the upper limit goes from the side that grows, and the side that drains takes
// back what the lower limit needs.
void Trim(int* draining, int* other, const Group& other_group, int total_max, int available_min) {
  const int extra = *draining + *other - total_max;
  if (extra > 0) *other = std::max(0, *other - extra);
  const int available = *draining + std::min(*other, other_group.available);
  if (extra > 0 && available < available_min) *draining += std::min(available_min - available, total_max - *draining - *other);
}

}  // namespace

Fence ResolveFence(const CountOrPercent& max_surge, const CountOrPercent& max_unavailable, int replicas) {
  Fence fence;
  fence.surge =
      max_surge.percent ? static_cast<int>(CeilDivide(std::int64_t{max_surge.value} * replicas, 100)) : max_surge.value;
  fence.unavailable =
      max_unavailable.percent ? static_cast<int>(std::int64_t{max_unavailable.value} * replicas / 100) : max_unavailable.value;
  if (fence.surge == 0 && fence.unavailable == 0) fence.unavailable = 1;
  fence.unavailable = std::min(fence.unavailable, replicas);
  return fence;
}

int WeightToReplicas(int replicas, Share share) {
  return static_cast<int>(CeilDivide(std::int64_t{replicas} * share.weight, share.weight_max));
}

Counts ApproximateSplit(int replicas, Share canary, int surge) {
  if (replicas == 0) return {};
  const std::vector<Split> choices = SplitChoices(replicas, canary, surge);
  if (choices.empty()) return {.canary = 0, .stable = replicas};
  const Split* best = &choices.front();
  for (const Split& choice : choices) {
    if (Nearer(choice, *best, canary)) best = &choice;
  }
  return {.canary = best->canary, .stable = best->total - best->canary};
}

Counts NextBasicCounts(const BasicMove& move) {
  const Counts desired = move.canary_has_stable ? ApproximateSplit(move.replicas, move.weight, move.fence.surge)
                                                : Counts{.canary = move.replicas, .stable = 0};
  const int total_max = move.replicas + move.fence.surge;
  int room = total_max - move.canary.spec - move.stable.spec - move.older_spec;
  Counts next;
  next.stable = Grown(move.stable.spec, desired.stable, &room);
  next.canary = Grown(move.canary.spec, desired.canary, &room);
  if (move.older_spec > 0) return next;

  // While the canary grows, an unavailable stable instance may go first; while it shrinks, an unavailable canary one.
  const bool increasing = desired.canary >= move.canary.spec;
  const int available_min = move.replicas - move.fence.unavailable;
  const int have = ScaleDownable(move.canary, !increasing) + ScaleDownable(move.stable, increasing);
  if (have <= available_min) return next;
  const int spare = have - available_min;
  if (increasing) {
    if (desired.stable < move.stable.spec) next.stable = std::max(desired.stable, move.stable.spec - spare);
    Trim(&next.stable, &next.canary, move.canary, total_max, available_min);
  } else {
    next.canary = std::max(desired.canary, move.canary.spec - spare);
    Trim(&next.canary, &next.stable, move.stable, total_max, available_min);
    // A canary that is not available is no reason for stable to go: it goes itself.
    const int kept = available_min - std::min(next.canary, move.canary.available);
    if (next.stable < std::min(kept, move.stable.available)) {
      next.stable = std::min(kept, move.stable.available);
      next.canary = std::max(0, std::min(next.canary, total_max - next.stable));
    }
  }
  return next;
}

Counts RoutedCounts(const RoutedWant& want) {
  Counts counts;
  counts.stable = want.replicas;
  counts.canary = WeightToReplicas(want.replicas, want.weight);
  const bool scale_counts = want.canary_scale.has_value() && (!want.aborted || want.keep_scale_on_abort);
  if (scale_counts && !want.canary_scale->match_traffic_weight) {
    if (want.canary_scale->replicas.has_value()) {
      counts.canary = *want.canary_scale->replicas;
    } else if (want.canary_scale->weight_percent.has_value()) {
      counts.canary = WeightToReplicas(want.replicas, {*want.canary_scale->weight_percent, 100});
    }
  }
  const int canary_under_traffic = WeightToReplicas(want.replicas, want.canary_traffic);
  if (want.dynamic_stable_scale) {
    const Share rest{want.weight.weight_max - want.weight.weight, want.weight.weight_max};
    counts.stable = std::max(WeightToReplicas(want.replicas, rest), WeightToReplicas(want.replicas, want.stable_traffic));
    counts.canary = std::max(counts.canary, canary_under_traffic);
  } else if (want.aborted) {
    counts.canary = std::max(counts.canary, canary_under_traffic);
  }
  if (want.min_pods.has_value()) {
    const int floor = std::min(*want.min_pods, want.replicas);
    if (counts.stable > 0) counts.stable = std::max(counts.stable, floor);
    if (counts.canary > 0) counts.canary = std::max(counts.canary, floor);
  }
  return counts;
}

int SteppedDownWeight(const std::vector<int>& step_weights, int weight_max, int replicas, int stable_available,
                      int canary_available) {
  const int limit = std::max(replicas - stable_available, canary_available);
  for (auto weight = step_weights.rbegin(); weight != step_weights.rend(); ++weight) {
    if (WeightToReplicas(replicas, {*weight, weight_max}) < limit) return *weight;
  }
  return 0;
}

}  // namespace tuesday::rollout
