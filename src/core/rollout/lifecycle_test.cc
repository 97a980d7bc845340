// SPDX-License-Identifier: Apache-2.0
// New versions in mid-rollout, requests, pauses, slots, restores: what happens around the way of one attempt.
#include <gtest/gtest.h>

#include "core/rollout/bench_world.h"
#include "core/rollout/describe.h"

namespace tuesday::rollout {
namespace {

using gate::Verdict;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<Step> TenAndPause() { return {SetWeight{Weight::Percent(10)}, Pause{}}; }

void Apply(Bench& bench, const std::string& revision) {
  bench.spec.revision = RevisionId(revision);
  ++bench.spec.generation.value;
}

TEST(Lifecycle, NewVersionInMidRolloutKeepsTheOriginalStableAndTakesTheOldCanaryOutFirst) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Apply(bench, "v3");
  bench.Decide();
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(bench.Desired("v2"), 1) << "its traffic is not seen gone";
  EXPECT_TRUE(bench.WasTold("rollout.superseded"));
  bench.Obey();
  bench.Settle();
  EXPECT_EQ(bench.Desired("v2"), 0);
  EXPECT_EQ(bench.Weight(), 100);
  EXPECT_EQ(bench.status.attempt->baseline, RevisionId("v1"));
}

TEST(Lifecycle, APromotionIsToldAsSuchAndNotAsALossOfWeight) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(10)}}));
  std::vector<std::string> said;
  const auto settle = [&] {
    for (int i = 0; i < 20; ++i) {
      for (const audit::Entry& entry : bench.Decide().entries) {
        if (entry.kind == "rollout.weight") said.push_back(entry.message);
      }
      bench.Obey();
    }
  };
  settle();
  Apply(bench, "v2");
  settle();
  bench.Gate(Verdict::kPass);
  settle();
  EXPECT_EQ(said, (std::vector<std::string>{"rev 1 serves 100 %.", "Canary weight 0 % -> 10 %.", "Canary weight 10 % -> 100 %.",
                                            "rev 2 is stable, 100 %."}));
}

TEST(Lifecycle, BackToTheStableRevisionEndsTheAttemptAtOnceWithoutSteps) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  Apply(bench, "v1");
  bench.Decide();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kSuperseded);
  EXPECT_EQ(bench.Weight(), 0);
  bench.Settle();
  EXPECT_EQ(bench.Desired("v2"), 0);
  EXPECT_EQ(bench.status.phase, Phase::kHealthy);
  EXPECT_EQ(bench.status.revisions.back().id, RevisionId("v1"));
  EXPECT_EQ(bench.status.revisions.back().number, 3);
}

TEST(Lifecycle, NewRevisionInTheBakeEndsItsJudgementAndThePromotedOneStaysStable) {
  Bench bench(SixReplicas({}));
  bench.StartSecond();
  ASSERT_EQ(bench.status.attempt->stage, Stage::kBaking);
  Apply(bench, "v3");
  bench.Decide();
  EXPECT_TRUE(bench.WasTold("rollout.superseded"));
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_EQ(bench.status.attempt->baseline, RevisionId("v2"));
}

TEST(Lifecycle, StepsChangedInTheMiddleBeginAtTheFirstAgain) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(10)}, SetWeight{Weight::Percent(50)}, Pause{}}));
  bench.Settle();
  Apply(bench, "v2");
  bench.Settle();
  bench.Gate(Verdict::kPass);
  bench.Settle();
  ASSERT_EQ(bench.status.attempt->step, 2);
  bench.spec.canary.steps = {SetWeight{Weight::Percent(20)}, Pause{}};
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->step, 1);
  EXPECT_EQ(bench.Weight(), 200);
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(Lifecycle, PauseHaltsStepsAndScalingButNotAborts) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(10)}, Pause{minutes(1)}, SetWeight{Weight::Percent(50)}}));
  bench.StartSecond();
  ASSERT_TRUE(bench.Say(Verb::kPause).has_value());
  bench.Gate(Verdict::kPass);
  bench.now += minutes(2);
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->step, 1);
  EXPECT_EQ(bench.status.message, "manually paused");
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Settle();
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(bench.status.attempt->stage, Stage::kAborted);
}

TEST(Lifecycle, ResumeGoesOnWhereThePauseBegan) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(10)}, Pause{minutes(1)}, SetWeight{Weight::Percent(50)}, Pause{}}));
  bench.StartSecond();
  ASSERT_TRUE(bench.Say(Verb::kPause).has_value());
  bench.Gate(Verdict::kPass);
  bench.now += minutes(2);
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kResume).has_value());
  bench.Settle();
  EXPECT_EQ(bench.Weight(), 500);
}

TEST(Lifecycle, PromoteFullSkipsThePausesAndStillWaitsForTheEdge) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  ASSERT_TRUE(bench.Say(Verb::kPromoteFull).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Stable(), "v1");
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v2");
}

TEST(Lifecycle, RequestsThatMakeNoSenseAreConflicts) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  for (const Verb verb : {Verb::kPromote, Verb::kPromoteFull, Verb::kAbort, Verb::kRetry, Verb::kResume}) {
    const Result<Outcome> outcome = Handle(bench.spec, bench.status, {verb, "alice", ""}, bench.now);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  }
}

TEST(Lifecycle, ProgressDeadlineAbortsWhereTheSpecSaysSo) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.spec.progress_deadline_abort = true;
  bench.Settle();
  bench.ready_at_once = false;
  Apply(bench, "v2");
  bench.Settle();
  bench.now += bench.spec.progress_deadline;
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kAborted);
  EXPECT_TRUE(bench.status.attempt->reason.starts_with("ProgressDeadlineExceeded"));
}

TEST(Lifecycle, ProgressDeadlineIsNotCountedOnAPauseStep) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  bench.now += bench.spec.progress_deadline * 10;
  bench.Settle();
  EXPECT_EQ(bench.status.phase, Phase::kPaused);
}

TEST(Lifecycle, OutOfSlotsARevisionWaitsAndSaysSo) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.Settle();
  // Each superseded canary keeps an open connection, so its slot is not free.
  for (int slot = 0; slot < kSlotsMax; ++slot) bench.open_connections[slot] = 1;
  for (int i = 2; i <= kSlotsMax + 1; ++i) {
    Apply(bench, "v" + std::to_string(i));
    bench.Settle();
  }
  EXPECT_EQ(bench.SlotOf("v7"), -1);
  EXPECT_EQ(bench.status.message, "waiting for a free slot: all 6 still have instances or connections");
  bench.open_connections.clear();
  bench.world.route->open_connections.clear();
  bench.Settle();
  EXPECT_GE(bench.SlotOf("v7"), 0);
  EXPECT_EQ(bench.Weight(), 100);
}

TEST(Lifecycle, AfterARestoreOurNextEpochIsGreaterThanTheOneSeen) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  bench.world.route->route.epoch = Epoch{900};
  bench.Decide();
  EXPECT_EQ(bench.status.route.epoch, Epoch{901});
  bench.Decide();
  EXPECT_EQ(bench.status.route.epoch, Epoch{901});
}

TEST(Lifecycle, EdgeThatForgotItsRouteIsToldAgainUnderTheSameEpoch) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  const Route asked = bench.status.route;
  bench.world.route = RouteSeen{};
  bench.Decide();
  EXPECT_EQ(bench.status.route, asked);
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(RouteTarget{asked})), bench.last.effects.end());
}

TEST(Lifecycle, InstancesOfARevisionNobodyKnowsAreTakenDownOnceTheRouteIsOurs) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  bench.world.instances.push_back({.id = InstanceId("ghost-0"), .revision = RevisionId("ghost"), .ready = true});
  bench.Decide();
  EXPECT_EQ(bench.last.effects, (std::vector<Effect>{CountTarget{RevisionId("ghost"), 0}}));
}

TEST(Lifecycle, StableKeepsItsLastServersWhenNoneIsSeenReady) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  const Route before = bench.status.route;
  bench.SetReady("v1", false);
  bench.Decide();
  EXPECT_EQ(bench.status.route, before);
}

TEST(Lifecycle, HistoryKeepsItsLimitOfRevisions) {
  Bench bench(SixReplicas({}));
  bench.spec.revision_history_limit = 2;
  bench.spec.bake = Duration::zero();
  for (int i = 1; i <= 8; ++i) {
    Apply(bench, "v" + std::to_string(i));
    bench.Settle();
    bench.now += minutes(1);
    bench.Settle();
  }
  EXPECT_EQ(bench.status.revisions.size(), 4U) << "stable, its predecessor named by the attempt, and two more";
  EXPECT_EQ(bench.status.revisions.back().number, 8);
}

TEST(Lifecycle, BasicCanaryStaysInsideSurgeAndPromotes) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(50)}, Pause{}}));
  bench.spec.canary.traffic_routed = false;
  bench.StartSecond();
  EXPECT_EQ(bench.Desired("v1") + bench.Desired("v2"), 6);
  EXPECT_EQ(bench.Weight(), 500);
  ASSERT_TRUE(bench.Say(Verb::kPromote).has_value());
  bench.Settle(60);
  EXPECT_EQ(bench.Stable(), "v2");
}

TEST(Lifecycle, HeadShowsArgosFieldsOfAPausedCanary) {
  Bench bench(SixReplicas(TenAndPause()));
  bench.StartSecond();
  const Head head = DescribeHead(bench.spec, bench.status, bench.world, bench.now);
  EXPECT_EQ(head.phase, "Paused");
  EXPECT_EQ(head.message, "CanaryPauseStep");
  EXPECT_EQ(head.step, "1/2");
  EXPECT_EQ(head.set_weight, Weight::Percent(10));
  EXPECT_EQ(head.actual_weight, Weight::Percent(10));
  EXPECT_EQ(head.desired, 6);
  EXPECT_EQ(head.current, 7);
  EXPECT_EQ(head.updated, 1);
  EXPECT_EQ(head.available, 7);
  EXPECT_EQ(RoleName(bench.status, RevisionId("v2")), "canary");
}

TEST(Lifecycle, ADecisionIsAFixedPoint) {
  Bench bench(SixReplicas({SetWeight{Weight::Percent(10)}, Pause{seconds(5)}, SetCanaryScale{.replicas = 3}, Pause{}}));
  for (int round = 0; round < 60; ++round) {
    if (round == 10) Apply(bench, "v2");
    if (round == 30) bench.Gate(Verdict::kPass);
    if (round == 50) bench.Gate(Verdict::kFail);
    bench.now += seconds(1);
    bench.Decide();
    const Outcome again = Reconcile(bench.spec, bench.status, bench.world, bench.now);
    EXPECT_EQ(again.status, bench.status);
    EXPECT_EQ(again.effects, bench.last.effects);
    EXPECT_EQ(again.wake_at, bench.last.wake_at);
    EXPECT_TRUE(again.entries.empty());
    bench.Obey();
  }
}

}  // namespace
}  // namespace tuesday::rollout
