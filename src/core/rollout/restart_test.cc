// SPDX-License-Identifier: Apache-2.0
// `restart`: all instances anew, in batches, without a revision and without going below what is available.
#include <gmock/gmock.h>

#include <set>

#include "core/rollout/bench_world.h"
#include "core/rollout/blue_green.h"
#include "core/rollout/describe.h"

namespace tuesday::rollout {
namespace {

using std::chrono::seconds;

// Instances that answer requests now: named by the route on a slot that gets some, running, ready.
int Answering(const Bench& bench) {
  int count = 0;
  if (!bench.world.route.has_value()) return 0;
  const Route& route = bench.world.route->route;
  for (const SlotUse& use : route.slots) {
    const bool stable = use.slot == route.stable_slot && route.weight < kFullWeight;
    const bool canary = use.slot == route.canary_slot && route.weight > kNoWeight;
    if (!stable && !canary) continue;
    for (const InstanceId& id : use.instances) {
      const auto seen = std::ranges::find(bench.world.instances, id, &InstanceSeen::id);
      if (seen != bench.world.instances.end() && seen->ready) ++count;
    }
  }
  return count;
}

struct Course {
  int answering_least = 1000;
  std::size_t instances_most = 0;
  bool stopped_a_server = false;  // One that the edge still named.
  int looks = 0;
};

// Goes on until nothing is asked for any more, and watches.
Course Follow(Bench& bench, int looks_max = 200) {
  Course course;
  for (; course.looks < looks_max; ++course.looks) {
    bench.Decide();
    if (bench.last.effects.empty() && course.looks > 2) break;
    const Bench before = bench;
    bench.Obey();
    bench.now += seconds(1);
    course.answering_least = std::min(course.answering_least, Answering(bench));
    course.instances_most = std::max(course.instances_most, bench.world.instances.size());
    for (const SlotUse& use : before.status.route.slots) {
      for (const InstanceId& id : use.instances) {
        course.stopped_a_server |=
            std::ranges::find(bench.world.instances, id, &InstanceSeen::id) == bench.world.instances.end();
      }
    }
  }
  return course;
}

std::set<Instant> StartTimes(const Bench& bench) {
  std::set<Instant> times;
  for (const InstanceSeen& seen : bench.world.instances) times.insert(*seen.ready_since);
  return times;
}

TEST(Restart, EveryInstanceIsStartedAnewWithinMaxUnavailable) {
  struct Case {
    const char* name;
    CountOrPercent surge;
    CountOrPercent unavailable;
    int answering_least;
    std::size_t instances_most;
  };
  const Case cases[] = {
      {"QuarterOfSix", {25, true}, {25, true}, 5, 6},
      {"TwoOfSix", {25, true}, {2, false}, 4, 6},
      {"NoneMayBeMissing", {1, false}, {0, false}, 6, 7},
      {"AllMayBeMissingAndOneStays", {0, false}, {100, true}, 1, 6},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Spec spec = SixReplicas({});
    spec.canary.max_surge = one.surge;
    spec.canary.max_unavailable = one.unavailable;
    Bench bench(std::move(spec));
    bench.Settle();
    const Instant asked = bench.now;
    bench.now += seconds(10);
    ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
    const Course course = Follow(bench);
    EXPECT_GE(course.answering_least, one.answering_least);
    EXPECT_LE(course.instances_most, one.instances_most);
    EXPECT_FALSE(course.stopped_a_server);
    EXPECT_GT(*StartTimes(bench).begin(), asked);
    EXPECT_EQ(bench.world.instances.size(), 6U);
    EXPECT_TRUE(bench.WasTold("rollout.restarted"));
    EXPECT_EQ(bench.status.phase, Phase::kHealthy);
    EXPECT_EQ(bench.status.revisions.size(), 1U);
    EXPECT_EQ(bench.status.attempts_begun, 1U);
  }
}

WallTime WallAt(Instant at) { return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch())); }

void SetRestartAt(Bench& bench, Instant at) {
  bench.spec.restart_at = WallAt(at);
  bench.spec.generation.value += 1;
  bench.world.restart_at = at;
}

TEST(RestartAt, InstancesFromBeforeItAreStartedAnewOnceItHasCome) {
  Spec spec = SixReplicas({});
  spec.canary.max_unavailable = {2, false};
  Bench bench(std::move(spec));
  bench.Settle();
  const Instant at = bench.now + seconds(30);
  SetRestartAt(bench, at);
  EXPECT_EQ(bench.Decide().wake_at, at);
  Follow(bench, 10);
  EXPECT_EQ(bench.status.restarts_asked, std::nullopt) << "it has not come yet";
  bench.now = at;
  const Course course = Follow(bench);
  EXPECT_GE(course.answering_least, 4);
  EXPECT_FALSE(course.stopped_a_server);
  EXPECT_GE(*StartTimes(bench).begin(), at);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
  EXPECT_EQ(bench.status.attempts_begun, 1U);
  EXPECT_TRUE(Follow(bench).looks < 10 && bench.status.restarts_asked == 1U) << "once";
}

TEST(RestartAt, WhatWasStartedSinceIsLeftAlone) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  const Instant first = bench.now;
  bench.now += seconds(60);
  for (const int young : {0, 1, 4}) bench.world.instances[static_cast<std::size_t>(young)].started_at = bench.now;
  const Instant at = first + seconds(30);
  SetRestartAt(bench, at);
  bench.now += seconds(1);
  Follow(bench);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
  for (const InstanceSeen& seen : bench.world.instances) {
    const bool young = seen.ordinal < 2 || seen.ordinal == 4;
    EXPECT_EQ(*seen.started_at == first + seconds(60), young) << seen.ordinal;
    EXPECT_GE(*seen.started_at, at);
  }
}

TEST(RestartAt, AnInstantThatIsOverAtTheFirstDeployAsksForNothing) {
  Bench bench(SixReplicas({}));
  SetRestartAt(bench, bench.now - seconds(3600));
  bench.Settle();
  EXPECT_FALSE(bench.WasTold("rollout.restart_requested"));
  EXPECT_EQ(bench.status.restart_at_taken, bench.spec.restart_at);
}

TEST(RestartAt, WithANewVersionOnlyTheOldOneWouldBeOlder) {
  Spec spec = SixReplicas({SetWeight{Weight::Percent(50)}, Pause{}});
  Bench bench(std::move(spec));
  bench.Settle();
  bench.now += seconds(60);
  SetRestartAt(bench, bench.now);
  bench.spec.revision = RevisionId("v2");
  bench.Settle();
  bench.now += seconds(60);
  ASSERT_TRUE(bench.Say(Verb::kPromoteFull).has_value());
  Follow(bench);
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_FALSE(bench.WasTold("rollout.restarting"));
}

TEST(RestartAt, AnotherInstantDuringARestartWaitsForItsEnd) {
  Spec spec = SixReplicas({});
  spec.canary.max_unavailable = {1, false};
  Bench bench(std::move(spec));
  bench.Settle();
  bench.now += seconds(60);
  SetRestartAt(bench, bench.now);
  Follow(bench, 2);
  ASSERT_TRUE(bench.status.revisions[0].restart.has_value());
  const Instant second = bench.now + seconds(1);
  SetRestartAt(bench, second);
  Follow(bench);
  EXPECT_EQ(bench.status.restarts_asked, 2U);
  EXPECT_GE(*StartTimes(bench).begin(), second);
}

TEST(Restart, OneInstanceGetsASecondOneFirst) {
  Spec spec = SixReplicas({});
  spec.replicas = 1;
  Bench bench(std::move(spec));
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  const Course course = Follow(bench);
  EXPECT_EQ(course.answering_least, 1);
  EXPECT_EQ(course.instances_most, 2U);
  EXPECT_FALSE(course.stopped_a_server);
  EXPECT_EQ(bench.world.instances.size(), 1U);
}

TEST(Restart, ABatchThatDoesNotComeUpAgainStopsIt) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  bench.ready_at_once = false;
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  Follow(bench);
  EXPECT_EQ(Answering(bench), 5);
  EXPECT_EQ(bench.status.phase, Phase::kProgressing);
  EXPECT_EQ(bench.status.revisions[0].restart->renewed, 1);
}

TEST(Restart, InMidCanaryItWaitsForTheEndAndTakesNoInstance) {
  Spec spec = SixReplicas({SetWeight{Weight::Percent(50)}, Pause{}});
  spec.canary.max_unavailable = {50, true};
  Bench bench(std::move(spec));
  bench.StartSecond();
  const Instant asked = bench.now;
  bench.now += seconds(10);
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  Follow(bench);
  EXPECT_LE(*StartTimes(bench).rbegin(), asked) << "nothing was started since";
  EXPECT_EQ(bench.Weight(), 500);
  ASSERT_TRUE(bench.Say(Verb::kPromoteFull).has_value());
  const Course course = Follow(bench);
  EXPECT_GE(course.answering_least, 3);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
}

TEST(Restart, ScaledDownBelowTheBatchThatWaitsItGoesOn) {
  Spec spec = SixReplicas({});
  spec.canary.max_unavailable = {50, true};
  Bench bench(std::move(spec));
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  bench.Decide();
  bench.spec.replicas = 1;
  Follow(bench);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
  EXPECT_EQ(bench.world.instances.size(), 1U);
}

TEST(Restart, AnAbortEndsTheRestartOfTheCanaryAndNotThatOfStable) {
  Spec spec = SixReplicas({SetWeight{Weight::Percent(50)}, Pause{}});
  spec.canary.max_unavailable = {50, true};
  Bench bench(std::move(spec));
  bench.StartSecond();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  bench.Decide();
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_FALSE(bench.status.revisions[1].restart.has_value());
  Follow(bench);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
}

TEST(Restart, BlueGreenLosesNoneOfTheActiveSide) {
  Spec spec = SixReplicas({});
  spec.canary = StrategyOf({});
  Bench bench(std::move(spec));
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  const Course course = Follow(bench);
  EXPECT_EQ(course.answering_least, 6);
  EXPECT_TRUE(bench.WasTold("rollout.restarted"));
}

TEST(Restart, AskedTwiceIsAConflictUntilItIsThrough) {
  Bench bench(SixReplicas({}));
  EXPECT_EQ(bench.Say(Verb::kRestart).error().code, ErrorCode::kConflict);
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Say(Verb::kRestart).error().code, ErrorCode::kConflict);
  Follow(bench);
  EXPECT_TRUE(bench.Say(Verb::kRestart).has_value());
}

TEST(Restart, ARevisionThatComesLaterIsNotStartedTwice) {
  Bench bench(SixReplicas({}));
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kRestart).has_value());
  Follow(bench);
  bench.told.clear();
  bench.spec.revision = RevisionId("v2");
  ++bench.spec.generation.value;
  bench.Settle();
  EXPECT_FALSE(bench.WasTold("rollout.restarting"));
}

}  // namespace
}  // namespace tuesday::rollout
