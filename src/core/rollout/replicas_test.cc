// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/replicas.h"

#include <gtest/gtest.h>

namespace tuesday::rollout {
namespace {

// A basic canary that obeys, from a full stable side to the counts it comes to rest at.
Counts Converged(int replicas, int percent, CountOrPercent surge, CountOrPercent unavailable) {
  Counts counts{.canary = 0, .stable = replicas};
  for (int i = 0; i < 50; ++i) {
    counts = NextBasicCounts({.replicas = replicas,
                              .weight = {percent, 100},
                              .fence = ResolveFence(surge, unavailable, replicas),
                              .canary = {counts.canary, counts.canary},
                              .stable = {counts.stable, counts.stable}});
  }
  return counts;
}

TEST(Replicas, BasicCanaryComesToRestAtArgosCounts) {
  const CountOrPercent quarter{25, true};
  const struct {
    int replicas, percent, canary, stable;
  } kRows[] = {{10, 20, 2, 8}, {10, 50, 5, 5}, {10, 100, 10, 0}, {4, 20, 1, 4}, {4, 50, 2, 2}, {4, 100, 4, 0},
               {3, 20, 1, 3},  {3, 50, 2, 2},  {3, 100, 3, 0},   {1, 20, 1, 1}, {1, 50, 1, 1}, {1, 100, 1, 0}};
  for (const auto& row : kRows) {
    EXPECT_EQ(Converged(row.replicas, row.percent, quarter, quarter), (Counts{row.canary, row.stable}))
        << row.replicas << " replicas at " << row.percent << " %";
  }
  EXPECT_EQ(Converged(5, 20, {1, false}, {0, false}), (Counts{1, 4}));
  EXPECT_EQ(Converged(5, 50, {1, false}, {0, false}), (Counts{3, 3}));
}

TEST(Replicas, NeverLeavesTheFence) {
  for (int replicas = 1; replicas <= 12; ++replicas) {
    for (int percent = 0; percent <= 100; percent += 7) {
      const Fence fence = ResolveFence({25, true}, {25, true}, replicas);
      for (int canary = 0; canary <= replicas; ++canary) {
        const BasicMove move{.replicas = replicas,
                             .weight = {percent, 100},
                             .fence = fence,
                             .canary = {canary, canary},
                             .stable = {replicas - canary, replicas - canary}};
        const Counts next = NextBasicCounts(move);
        EXPECT_LE(next.canary + next.stable, replicas + fence.surge);
        EXPECT_GE(std::min(next.canary, canary) + std::min(next.stable, replicas - canary), replicas - fence.unavailable);
      }
    }
  }
}

TEST(Replicas, BoundsRoundSurgeUpAndUnavailableDown) {
  EXPECT_EQ(ResolveFence({25, true}, {25, true}, 10), (Fence{3, 2}));
  EXPECT_EQ(ResolveFence({0, false}, {0, true}, 10), (Fence{0, 1}));
  EXPECT_EQ(ResolveFence({1, false}, {9, false}, 3), (Fence{1, 3}));
}

TEST(Replicas, RoutedCanaryIsCeilOfItsShareAndStableStaysFull) {
  EXPECT_EQ(RoutedCounts({.replicas = 6, .weight = {100, 1000}}), (Counts{1, 6}));
  EXPECT_EQ(RoutedCounts({.replicas = 6, .weight = {5, 1000}}), (Counts{1, 6}));
  EXPECT_EQ(RoutedCounts({.replicas = 6, .weight = {600, 1000}, .dynamic_stable_scale = true, .stable_traffic = {700, 1000}}),
            (Counts{4, 5}));
}

}  // namespace
}  // namespace tuesday::rollout
