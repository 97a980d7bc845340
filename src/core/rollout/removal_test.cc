// SPDX-License-Identifier: Apache-2.0
// The way of a rollout that somebody deleted.
#include <gtest/gtest.h>

#include "core/rollout/bench_world.h"

namespace tuesday::rollout {
namespace {

using std::chrono::seconds;

std::vector<Step> TenAndPause() { return {SetWeight{Weight::Percent(10)}, Pause{}}; }

void Delete(Bench& bench) {
  bench.spec.removal = Removal{"alice", "not used any more"};
  ++bench.spec.generation.value;
}

int Running(const Bench& bench) { return static_cast<int>(bench.world.instances.size()); }

TEST(Removal, TakesTheRouteFirstAndTheInstancesWhenOpenRequestsHadTheirTime) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Delete(bench);
  bench.Decide();
  EXPECT_TRUE(bench.status.route.slots.empty());
  EXPECT_EQ(bench.Desired("v1"), 6) << "the edge still sends requests";
  bench.Obey();
  bench.Decide();
  EXPECT_TRUE(bench.WasTold("rollout.unrouted"));
  EXPECT_EQ(Running(bench), 7);
  EXPECT_EQ(bench.last.wake_at, bench.now + seconds(30));
  bench.now += seconds(30);
  bench.Settle();
  EXPECT_EQ(Running(bench), 0);
  EXPECT_TRUE(bench.status.removal->gone_at.has_value());
  EXPECT_TRUE(bench.WasTold("rollout.removed"));
  EXPECT_EQ(std::ranges::count(bench.told, "rollout.removed"), 1);
}

TEST(Removal, EndsTheAttemptUnderWayAsSuperseded) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Delete(bench);
  bench.Decide();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kSuperseded);
  EXPECT_EQ(bench.status.attempt->reason, "The rollout was deleted.");
}

TEST(Removal, TakesNoRequestOfAnOperator) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Delete(bench);
  for (const Verb verb : {Verb::kPromote, Verb::kAbort, Verb::kRetry, Verb::kPause, Verb::kResume}) {
    EXPECT_EQ(bench.Say(verb).error().code, ErrorCode::kConflict);
  }
}

TEST(Removal, StopsNothingWhileTheEdgeHasNotBeenSeenWithoutTheRoute) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Delete(bench);
  for (int i = 0; i < 100; ++i) {
    bench.Decide();
    bench.now += seconds(10);
  }
  EXPECT_EQ(Running(bench), 7);
  EXPECT_EQ(bench.status.message, "being deleted: its route is taken away");
}

TEST(Removal, WithoutTrafficRoutingNothingWaits) {
  Spec spec = SixReplicas({});
  spec.canary.traffic_routed = false;
  Bench bench(spec);
  bench.Settle();
  Delete(bench);
  bench.Settle();
  EXPECT_TRUE(bench.status.removal->gone_at.has_value());
}

TEST(Removal, ARolloutThatNeverHadAnInstanceIsGoneAtOnce) {
  Bench bench(SixReplicas({}));
  bench.world.route = RouteSeen{};
  Delete(bench);
  bench.Decide();
  bench.now += seconds(30);
  bench.Decide();
  EXPECT_TRUE(bench.status.removal->gone_at.has_value());
}

TEST(Removal, WhatComesBackAfterTheEndIsTakenAwayAgainAndNotToldAgain) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  const Route old = bench.status.route;
  Delete(bench);
  bench.Settle();
  bench.now += seconds(30);
  bench.Settle();
  ASSERT_TRUE(bench.status.removal->gone_at.has_value());
  bench.Route(old);
  bench.SetCount({RevisionId("v1"), 2});
  const std::size_t told = bench.told.size();
  EXPECT_EQ(Sweep(bench.world), (std::vector<Effect>{RouteTarget{Route{}}, CountTarget{RevisionId("v1"), 0}}));
  bench.Settle();
  EXPECT_EQ(Running(bench), 0);
  EXPECT_TRUE(bench.world.route->route.slots.empty());
  EXPECT_EQ(bench.told.size(), told);
}

TEST(Removal, ADecisionIsAFixedPoint) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Delete(bench);
  for (int i = 0; i < 8; ++i) {
    const Outcome outcome = bench.Decide();
    const Outcome again = Reconcile(bench.spec, outcome.status, bench.world, bench.now);
    EXPECT_EQ(again.status, outcome.status);
    EXPECT_TRUE(again.entries.empty());
    EXPECT_EQ(again.effects, outcome.effects);
    bench.Obey();
    bench.now += seconds(10);
  }
}

}  // namespace
}  // namespace tuesday::rollout
