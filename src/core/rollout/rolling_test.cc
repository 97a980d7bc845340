// SPDX-License-Identifier: Apache-2.0
// Rolling (a canary without steps and without traffic routing), and what both strategies take of the past: the rollback
// window, and how many old revisions may wait.
#include <gmock/gmock.h>

#include "core/rollout/bench_world.h"
#include "core/rollout/blue_green.h"
#include "core/rollout/preview.h"

namespace tuesday::rollout {
namespace {

using gate::Verdict;
using std::chrono::seconds;

Spec Rolling(int surge, int unavailable) {
  Spec spec = SixReplicas({});
  spec.canary.traffic_routed = false;
  spec.canary.max_surge = {surge, false};
  spec.canary.max_unavailable = {unavailable, false};
  return spec;
}

void Apply(Bench& bench, const std::string& revision) {
  bench.spec.revision = RevisionId(revision);
  ++bench.spec.generation.value;
}

int ServersNamed(const Route& route) {
  int count = 0;
  for (const SlotUse& use : route.slots) {
    const bool takes = (use.slot == route.stable_slot && route.weight < kFullWeight) ||
                       (use.slot == route.canary_slot && route.weight > kNoWeight);
    if (takes) count += static_cast<int>(use.instances.size());
  }
  return count;
}

void Look(Bench& bench, int times) {
  for (int look = 0; look < times; ++look) {
    bench.Decide();
    bench.Obey();
  }
}

TEST(Rolling, GoesBatchAfterBatchInsideItsFence) {
  Bench bench(Rolling(1, 1));
  bench.Settle();
  Apply(bench, "v2");
  for (int look = 0; look < 40; ++look) {
    bench.Decide();
    const auto ready = std::ranges::count_if(bench.world.instances, &InstanceSeen::ready);
    if (look > 0) {
      EXPECT_GE(ready, 5) << "look " << look;
    }
    EXPECT_LE(bench.Desired("v1") + bench.Desired("v2"), 7) << "look " << look;
    bench.Obey();
  }
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_EQ(bench.Desired("v2"), 6);
}

TEST(Rolling, ABatchThatIsBadIsTakenBackAtOnceAndStableGrowsAgain) {
  Bench bench(Rolling(2, 1));
  bench.Settle();
  Apply(bench, "v2");
  Look(bench, 3);
  ASSERT_GT(bench.Weight(), 0);
  ASSERT_LT(bench.Weight(), 1000);
  bench.Gate(Verdict::kFail, "errors");
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 0);
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(bench.Desired("v1"), 6);
  EXPECT_EQ(bench.Desired("v2"), 0);
}

TEST(Rolling, AnAbortWhileTheNewVersionCrashesLooksAtNothing) {
  Bench bench(Rolling(2, 1));
  bench.Settle();
  Apply(bench, "v2");
  Look(bench, 3);
  bench.SetReady("v2", false);
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 0);
}

TEST(Rolling, TheRouteNeverNamesNobodyWhileOneInstanceIsReady) {
  Bench bench(Rolling(0, 6));
  bench.Settle();
  Apply(bench, "v2");
  for (int look = 0; look < 60; ++look) {
    bench.ready_at_once = look % 3 != 0;
    bench.Decide();
    const bool any_ready = std::ranges::any_of(bench.world.instances, &InstanceSeen::ready);
    EXPECT_GE(ServersNamed(bench.status.route), any_ready ? 1 : 0) << "look " << look;
    bench.Obey();
    if (look % 4 == 3) bench.SetReady("v2", true);
  }
}

TEST(Rolling, AnAnalysisIsNotCancelledIntoAPromotionWhenInstancesBecomeUnready) {
  Spec spec = Rolling(1, 0);
  spec.analyses = {"background"};
  spec.canary.background_analysis = 0;
  Bench bench(std::move(spec));
  bench.Settle();
  Apply(bench, "v2");
  bench.Decide();
  bench.Obey();
  const AnalysisRunKey key{bench.status.attempt->id, 0, -1, 0};
  bench.world.analyses = {{key, AnalysisPhase::kRunning, "", 0}};
  bench.Decide();
  bench.Obey();
  bench.SetReady("v2", false);
  bench.Decide();
  for (const Effect& effect : bench.last.effects) EXPECT_FALSE(std::holds_alternative<AnalysisTarget>(effect));
  bench.world.analyses[0].phase = AnalysisPhase::kFailed;
  bench.Decide();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kAborted);
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(RollbackWindow, TheWayBackInsideItTakesNoSteps) {
  for (const auto& [window, in_window] : {std::pair(1, false), std::pair(2, true)}) {
    SCOPED_TRACE(window);
    Spec spec = SixReplicas({SetWeight{Weight::Percent(10)}, Pause{}});
    spec.rollback_window = window;
    spec.bake = Duration::zero();
    Bench bench(std::move(spec));
    bench.Settle();
    for (const char* version : {"v2", "v3"}) {
      Apply(bench, version);
      bench.Settle();
      ASSERT_TRUE(bench.Say(Verb::kPromoteFull).has_value());
      bench.Settle();
      ASSERT_EQ(bench.Stable(), version);
    }
    Apply(bench, "v1");
    bench.Settle();
    EXPECT_EQ(bench.Stable(), in_window ? "v1" : "v3");
    EXPECT_EQ(bench.status.phase, in_window ? Phase::kHealthy : Phase::kPaused);
  }
}

TEST(ScaleDownDelay, OnlyTheNewestOldRevisionsWaitWithinTheirLimit) {
  Spec spec = SixReplicas({});
  spec.canary = StrategyOf({.scale_down_delay = std::chrono::hours(24)});
  spec.canary.scale_down_delay_revision_limit = 1;
  spec.bake = Duration::zero();
  Bench bench(std::move(spec));
  bench.Settle();
  for (const char* version : {"v2", "v3"}) {
    Apply(bench, version);
    bench.Settle();
  }
  EXPECT_EQ(bench.Stable(), "v3");
  EXPECT_EQ(bench.Desired("v2"), 6);
  EXPECT_EQ(bench.Desired("v1"), 0);
}

TEST(Preview, LeadsToTheRevisionThatComesAndElseToTheOneThatAnswers) {
  Spec spec = SixReplicas({});
  spec.canary = StrategyOf({.auto_promotion = false});
  Bench bench(std::move(spec));
  bench.Settle();
  const auto preview = [&] { return PreviewSlot(bench.status, bench.status.route); };
  EXPECT_EQ(preview(), bench.SlotOf("v1"));
  Apply(bench, "v2");
  bench.Decide();
  EXPECT_EQ(preview(), bench.SlotOf("v1"));
  bench.Settle();
  EXPECT_EQ(preview(), bench.SlotOf("v2"));
  EXPECT_EQ(AnsweringSlot(bench.status.route), bench.SlotOf("v1"));
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Settle();
  EXPECT_EQ(preview(), bench.SlotOf("v2"));
  bench.now += std::chrono::minutes(5);
  bench.Settle();
  EXPECT_EQ(preview(), bench.SlotOf("v1"));
}

}  // namespace
}  // namespace tuesday::rollout
