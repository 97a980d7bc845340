// SPDX-License-Identifier: Apache-2.0
// What somebody did at the edge while no daemon answered is adopted and never undone.
#include <gmock/gmock.h>

#include "core/rollout/bench_world.h"

namespace tuesday::rollout {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The edge as `tuesday rollback` leaves it: everything to `slot`, under an epoch far above.
void PutBack(Bench& bench, const std::string& from, const std::string& to) {
  Route route = bench.status.route;
  route.epoch.value += 1000;
  route.stable_slot = bench.SlotOf(to);
  route.canary_slot = route.stable_slot;
  route.weight = kNoWeight;
  bench.Route(route);
  bench.world.route->by_hand = ByHand{RevisionId(from), RevisionId(to), "root (uid 0)", "", "2026-11-23T03:00:00Z"};
}

int Told(const Bench& bench, const std::string& kind) { return static_cast<int>(std::ranges::count(bench.told, kind)); }

Bench InMidRollout() {
  Bench bench(SixReplicas({SetWeight{Weight::Permille(200)}, Pause{}}));
  bench.StartSecond();
  return bench;
}

Bench InTheBake() {
  Bench bench(SixReplicas({SetWeight{Weight::Permille(200)}}));
  bench.Settle();
  bench.spec.revision = RevisionId("v2");
  bench.Settle(3);
  EXPECT_TRUE(bench.Say(Verb::kPromoteFull));
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->stage, Stage::kBaking);
  return bench;
}

TEST(ByHand, ACanaryThatWasTakenBackStaysBack) {
  Bench bench = InMidRollout();
  ASSERT_EQ(bench.Weight(), 200);
  PutBack(bench, "v2", "v1");
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->stage, Stage::kAborted);
  EXPECT_EQ(bench.status.attempt->ending, Ending::kAborted);
  EXPECT_THAT(bench.status.attempt->reason, ::testing::HasSubstr("by hand by root (uid 0)"));
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(Told(bench, "rollout.aborted"), 1);
}

TEST(ByHand, InTheBakeThePredecessorBecomesStable) {
  Bench bench = InTheBake();
  PutBack(bench, "v2", "v1");
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kRolledBack);
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(bench.status.route.stable_slot, bench.SlotOf("v1"));
  EXPECT_EQ(Told(bench, "rollout.rolled_back"), 1);
}

TEST(ByHand, AfterTheBakeToo) {
  Bench bench = InTheBake();
  PutBack(bench, "v2", "v1");
  bench.now += bench.spec.bake + minutes(1);
  bench.status.attempt->stage = Stage::kDone;
  bench.status.attempt->ending = Ending::kPromoted;
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kRolledBack);
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(ByHand, NoRouteInBetweenSendsARequestToWhatWasLeft) {
  Bench bench = InTheBake();
  const int slot = bench.SlotOf("v2");
  PutBack(bench, "v2", "v1");
  for (int i = 0; i < 40; ++i) {
    bench.Decide();
    bench.Obey();
    bench.now += seconds(5);
    EXPECT_NE(bench.status.route.stable_slot, slot);
    EXPECT_NE(bench.status.route.canary_slot, slot);
  }
}

TEST(ByHand, WhereTheStoreAgreesAlreadyItIsOnlyTold) {
  Bench bench = InMidRollout();
  ASSERT_TRUE(bench.Say(Verb::kAbort));
  bench.Settle();
  PutBack(bench, "v2", "v1");
  bench.Settle();
  EXPECT_EQ(Told(bench, "rollout.rolled_back_by_hand"), 1);
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(ByHand, ANewVersionGoesOutAfterwards) {
  Bench bench = InMidRollout();
  PutBack(bench, "v2", "v1");
  bench.Settle();
  bench.spec.revision = RevisionId("v3");
  bench.Settle();
  EXPECT_EQ(bench.Weight(), 200);
}

}  // namespace
}  // namespace tuesday::rollout
