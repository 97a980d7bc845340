// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/blue_green.h"

#include <gmock/gmock.h>

#include "core/rollout/bench_world.h"

namespace tuesday::rollout {
namespace {

using gate::Verdict;
using std::chrono::minutes;
using std::chrono::seconds;

Bench BenchOf(const BlueGreenStrategy& blue_green) {
  Spec spec = SixReplicas({});
  spec.canary = StrategyOf(blue_green);
  spec.analyses = {"smoke", "after"};
  return Bench(std::move(spec));
}

void Apply(Bench& bench, const std::string& revision) {
  bench.spec.revision = RevisionId(revision);
  ++bench.spec.generation.value;
}

// Whose slot answers requests.
std::string Active(const Bench& bench) {
  const Route& route = bench.status.route;
  const int slot = route.weight == kFullWeight ? route.canary_slot : route.stable_slot;
  return std::ranges::find(bench.status.revisions, slot, &RevisionState::slot)->id.str();
}

void Say(Bench& bench, int analysis, AnalysisPhase phase) {
  for (const Effect& effect : bench.last.effects) {
    const auto* target = std::get_if<AnalysisTarget>(&effect);
    if (target == nullptr || target->key.analysis != analysis || !target->running) continue;
    bench.world.analyses.push_back({target->key, AnalysisPhase::kRunning, "", 0});
  }
  for (AnalysisSeen& seen : bench.world.analyses) {
    if (seen.key.analysis == analysis) seen.phase = phase;
  }
}

TEST(BlueGreen, PreviewComesUpAtFullSizeWithoutARequestAndWaitsForSomebody) {
  Bench bench = BenchOf({.auto_promotion = false});
  bench.StartSecond();
  EXPECT_EQ(bench.Desired("v2"), 6);
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(Active(bench), "v1");
  EXPECT_EQ(bench.status.phase, Phase::kPaused);
  EXPECT_EQ(bench.status.message, "BlueGreenPause");
  ASSERT_TRUE(bench.Say(Verb::kPromote));
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_EQ(Active(bench), "v2");
}

TEST(BlueGreen, AllRequestsGoOverInOneStep) {
  Bench bench = BenchOf({});
  bench.Settle();
  Apply(bench, "v2");
  std::vector<int> weights;
  for (int i = 0; i < 20; ++i) {
    bench.Decide();
    if (weights.empty() || weights.back() != bench.Weight()) weights.push_back(bench.Weight());
    bench.Obey();
  }
  EXPECT_EQ(bench.Stable(), "v2");
  for (const int weight : weights) EXPECT_TRUE(weight == 0 || weight == 1000) << weight;
}

TEST(BlueGreen, TheActiveSideIsNeverPointedAtInstancesThatTheEdgeHasNotFoundUp) {
  Bench bench = BenchOf({});
  bench.Settle();
  Apply(bench, "v2");
  bench.ready_at_once = false;
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  bench.SetReady("v2", true);
  std::erase_if(bench.world.route->serving, [](const InstanceId& id) { return id.str().starts_with("v2"); });
  bench.Decide();
  EXPECT_EQ(Active(bench), "v1") << "ready, and not found up by the edge";
  bench.Obey();
  bench.Settle();
  EXPECT_EQ(Active(bench), "v2");
}

TEST(BlueGreen, AutoPromotionCountsFromWhenThePreviewIsUp) {
  Bench bench = BenchOf({.auto_promotion_after = minutes(2)});
  bench.Settle();
  Apply(bench, "v2");
  bench.ready_at_once = false;
  bench.Settle();
  bench.now += minutes(5);
  bench.SetReady("v2", true);
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  bench.now += minutes(2) - seconds(1);
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  bench.now += seconds(1);
  bench.Settle();
  EXPECT_EQ(Active(bench), "v2");
}

TEST(BlueGreen, AFewPreviewInstancesBecomeAllBeforeTheSwitch) {
  Bench bench = BenchOf({.preview_replicas = 2, .auto_promotion = false});
  bench.StartSecond();
  EXPECT_EQ(bench.Desired("v2"), 2);
  ASSERT_TRUE(bench.Say(Verb::kPromote));
  bench.Decide();
  EXPECT_EQ(bench.Desired("v2"), 6);
  EXPECT_EQ(Active(bench), "v1");
  bench.Obey();
  bench.Settle();
  EXPECT_EQ(Active(bench), "v2");
}

TEST(BlueGreen, AnAnalysisBeforeThePromotionBlocksItAndItsFailureCostsNoRequest) {
  Bench bench = BenchOf({.pre_analysis = 0});
  bench.StartSecond();
  Say(bench, 0, AnalysisPhase::kRunning);
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  Say(bench, 0, AnalysisPhase::kFailed);
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  EXPECT_EQ(bench.status.attempt->ending, Ending::kAborted);
}

TEST(BlueGreen, AnAnalysisAfterTheSwitchDecidesWhetherItBecomesStable) {
  for (const AnalysisPhase phase : {AnalysisPhase::kSuccessful, AnalysisPhase::kFailed, AnalysisPhase::kError}) {
    Bench bench = BenchOf({.post_analysis = 1});
    bench.StartSecond();
    EXPECT_EQ(Active(bench), "v2");
    EXPECT_EQ(bench.Stable(), "v1") << "not before the analysis";
    EXPECT_EQ(bench.Desired("v1"), 6) << "the way back stands";
    bench.Decide();
    Say(bench, 1, phase);
    bench.Decide();
    const bool good = phase == AnalysisPhase::kSuccessful;
    EXPECT_EQ(Active(bench), good ? "v2" : "v1") << "at once";
    EXPECT_EQ(bench.Stable(), good ? "v2" : "v1");
  }
}

// Argo's check that the new side is complete comes before its abort: one that crashes is never left.
TEST(BlueGreen, AnAbortWhileThePromotedVersionCrashesSwitchesBackAtOnce) {
  for (const bool in_bake : {false, true}) {
    Bench bench = BenchOf({.post_analysis = in_bake ? -1 : 1});
    bench.StartSecond();
    ASSERT_EQ(Active(bench), "v2");
    ASSERT_EQ(bench.status.attempt->stage, in_bake ? Stage::kBaking : Stage::kSwitching);
    bench.SetReady("v2", false);
    bench.Gate(Verdict::kFail, "all canary instances are down");
    bench.Decide();
    EXPECT_EQ(Active(bench), "v1");
    EXPECT_EQ(bench.Desired("v1"), 6);
    bench.Obey();
    bench.Settle();
    bench.now += minutes(5);
    bench.Settle();
    EXPECT_EQ(Active(bench), "v1");
    EXPECT_EQ(bench.Desired("v1"), 6);
    EXPECT_EQ(bench.Desired("v2"), 0);
  }
}

// Argo #3724: the running analysis was cancelled when the new side became incomplete, and what was left was promoted.
TEST(BlueGreen, AnAnalysisIsNotCancelledIntoAPromotionWhenInstancesBecomeUnready) {
  Bench bench = BenchOf({.post_analysis = 1});
  bench.StartSecond();
  bench.Decide();
  Say(bench, 1, AnalysisPhase::kRunning);
  bench.world.instances.back().ready = false;  // Of v2.
  for (int i = 0; i < 5; ++i) {
    bench.now += minutes(1);
    bench.Decide();
    for (const Effect& effect : bench.last.effects) {
      const auto* target = std::get_if<AnalysisTarget>(&effect);
      EXPECT_TRUE(target == nullptr || target->running);
    }
    EXPECT_EQ(bench.Stable(), "v1");
    EXPECT_EQ(Active(bench), "v2") << "one instance that is not ready sends nobody back";
  }
  Say(bench, 1, AnalysisPhase::kSuccessful);
  bench.Decide();
  EXPECT_EQ(bench.Stable(), "v1") << "analysed, and not complete";
  bench.SetReady("v2", true);
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v2");
}

TEST(BlueGreen, TheOtherSideStandsByUntilTheBakeIsOverAndItsDelayHasPassed) {
  Bench bench = BenchOf({.scale_down_delay = minutes(1)});
  bench.StartSecond();
  ASSERT_EQ(bench.status.attempt->stage, Stage::kBaking);
  bench.Gate(Verdict::kPass);
  bench.now += bench.spec.bake - seconds(1);
  bench.Settle();
  EXPECT_EQ(bench.Desired("v1"), 6);
  bench.now += minutes(2);
  bench.Settle();
  EXPECT_EQ(bench.Desired("v1"), 0);
  EXPECT_EQ(bench.status.phase, Phase::kHealthy);
}

TEST(BlueGreen, BackToASideThatStandsByWaitsForNothing) {
  Bench bench = BenchOf({.auto_promotion = false, .pre_analysis = 0});
  bench.Settle();
  Apply(bench, "v2");
  bench.Settle();
  ASSERT_TRUE(bench.Say(Verb::kPromoteFull));
  bench.Settle();
  ASSERT_EQ(bench.Stable(), "v2");
  Apply(bench, "v1");
  bench.Decide();
  EXPECT_EQ(Active(bench), "v1") << "in one decision, without a pause, an analysis or a person";
  bench.Obey();
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(BlueGreen, ANewVersionInThePreviewTakesItsPlaceAndTheActiveSideStays) {
  Bench bench = BenchOf({.auto_promotion = false});
  bench.StartSecond();
  Apply(bench, "v3");
  bench.Settle();
  EXPECT_EQ(Active(bench), "v1");
  EXPECT_EQ(bench.Desired("v2"), 0);
  EXPECT_EQ(bench.Desired("v3"), 6);
  EXPECT_EQ(bench.status.attempt->baseline, RevisionId("v1"));
}

}  // namespace
}  // namespace tuesday::rollout
