// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/reconcile.h"

#include <gtest/gtest.h>

#include "core/rollout/bench_world.h"

namespace tuesday::rollout {
namespace {

using gate::Verdict;
using std::chrono::minutes;
using std::chrono::seconds;

const Step kSet10 = SetWeight{Weight::Percent(10)};
const Step kSet30 = SetWeight{Weight::Percent(30)};
const Step kPause5m = Pause{minutes(5)};

std::vector<Step> PlaybookSteps() {
  return {kSet10, kPause5m, kSet30, kPause5m, SetWeight{Weight::Percent(60)}, Pause{minutes(10)}};
}

TEST(Reconcile, InitialDeployGoesStraightToReplicasWithoutStepsAndIsPromotedWhenServing) {
  Bench bench(SixReplicas(PlaybookSteps()));
  bench.Decide();
  EXPECT_EQ(bench.Desired("v1"), 6);
  EXPECT_EQ(bench.Stable(), "");
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(bench.status.phase, Phase::kHealthy);
  EXPECT_EQ(bench.status.attempt->stage, Stage::kDone);
}

TEST(Reconcile, FirstVersionThatNeverBecomesReadyIsDegradedAndKeepsTrying) {
  Bench bench(SixReplicas({}));
  bench.ready_at_once = false;
  bench.Settle();
  EXPECT_EQ(bench.last.wake_at, bench.now + bench.spec.progress_deadline);
  bench.now += bench.spec.progress_deadline;
  bench.Settle();
  EXPECT_EQ(bench.status.phase, Phase::kDegraded);
  EXPECT_EQ(bench.status.message, "ProgressDeadlineExceeded: ReplicaSet \"api-v1\" has timed out progressing.");
  EXPECT_EQ(std::ranges::count(bench.told, "rollout.progress_deadline"), 1);
  for (const char* trouble : {"The image api:1 cannot be pulled.", "It ended."}) {
    bench.world.instances.front().trouble = trouble;
    bench.Decide();
    const std::string told = bench.world.instances.front().id.str() + ": " + trouble;
    EXPECT_NE(bench.status.message.find(told), std::string::npos) << bench.status.message;
  }
  EXPECT_EQ(std::ranges::count(bench.told, "rollout.progress_deadline"), 1) << "told once, whatever the instance says then";
  bench.SetReady("v1", true);
  bench.Route(bench.status.route);
  bench.Settle();
  EXPECT_EQ(bench.Stable(), "v1");
}

TEST(Reconcile, PlaybookStepsGoThroughTheirWeightsOnPassAndEndPromotedAndBaked) {
  Bench bench(SixReplicas(PlaybookSteps()));
  bench.StartSecond();
  const struct {
    int weight;
    int canary;
    Duration pause;
  } kRows[] = {{100, 1, minutes(5)}, {300, 2, minutes(5)}, {600, 4, minutes(10)}};
  for (const auto& row : kRows) {
    EXPECT_EQ(bench.Weight(), row.weight);
    EXPECT_EQ(bench.Desired("v2"), row.canary);
    EXPECT_EQ(bench.Desired("v1"), 6);
    EXPECT_EQ(bench.status.message, "CanaryPauseStep");
    EXPECT_EQ(bench.last.wake_at, bench.now + row.pause);
    bench.now += row.pause;
    bench.Gate(Verdict::kPass);
    bench.Settle();
  }
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_EQ(bench.status.attempt->stage, Stage::kBaking);
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(bench.status.route.stable_slot, bench.SlotOf("v2"));
  EXPECT_EQ(bench.Desired("v1"), 6);
  bench.now += bench.spec.bake;
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kPromoted);
  EXPECT_EQ(bench.Desired("v1"), 0);
  EXPECT_EQ(bench.status.phase, Phase::kHealthy);
}

TEST(Reconcile, NothingOfTheOldGoesBeforeTheNewStableIsSeenServing) {
  Bench bench(SixReplicas({kSet10}));
  bench.spec.bake_keep = BakeKeep::kNone;
  bench.StartSecond();
  bench.Gate(Verdict::kPass);
  bench.Decide();
  bench.SetCount({RevisionId("v2"), 6});
  // The edge has found none of the new instances up: no weight, no promotion.
  for (int i = 0; i < 5; ++i) bench.Decide();
  EXPECT_EQ(bench.Weight(), 100);
  EXPECT_EQ(bench.Stable(), "v1");
  // It serves them, and full weight is asked for; not acknowledged, it promotes nothing.
  bench.Route(bench.status.route);
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 1000);
  for (int i = 0; i < 5; ++i) bench.Decide();
  EXPECT_EQ(bench.Stable(), "v1");
  const Epoch full = bench.status.route.epoch;
  bench.Route(bench.status.route);
  bench.Decide();
  EXPECT_EQ(bench.Stable(), "v2");
  EXPECT_EQ(bench.status.route.epoch.value, full.value + 1);
  EXPECT_EQ(bench.Weight(), 0);
  // The second route is not acknowledged: the old instances stay, for any time.
  bench.now += minutes(5);
  bench.Decide();
  EXPECT_EQ(bench.Desired("v1"), 6);
  bench.Route(bench.status.route);
  bench.Decide();
  EXPECT_EQ(bench.Desired("v1"), 6);
  EXPECT_EQ(bench.last.wake_at, bench.now + seconds(30));
  bench.now += seconds(30);
  bench.Settle();
  EXPECT_EQ(bench.Desired("v1"), 0);
}

TEST(Reconcile, NoEvidenceNeverPromotes) {
  for (const NoEvidencePolicy policy :
       {NoEvidencePolicy::kAbortAfterDeadline, NoEvidencePolicy::kFail, NoEvidencePolicy::kHold}) {
    Bench bench(SixReplicas({kSet10, kPause5m}));
    bench.spec.no_evidence = policy;
    bench.StartSecond();
    const Instant over = bench.now + minutes(5);
    bench.now = over + seconds(7);
    bench.Gate(Verdict::kNoEvidence);
    bench.Settle();
    EXPECT_EQ(bench.status.attempt->step, 1);
    EXPECT_EQ(bench.status.attempt->evidence_due_from, over);
    EXPECT_EQ(bench.last.wake_at, over + bench.spec.progress_deadline);
    bench.now = over + bench.spec.progress_deadline;
    bench.Settle();
    EXPECT_EQ(bench.Stable(), "v1");
    const bool holds = policy == NoEvidencePolicy::kHold;
    EXPECT_EQ(bench.status.phase, holds ? Phase::kPaused : Phase::kDegraded);
    EXPECT_EQ(bench.Weight(), holds ? 100 : 0);
  }
}

TEST(Reconcile, OperatorsPromoteReleasesOneStepWithoutEvidenceAndSaysSo) {
  Bench bench(SixReplicas({kSet10, Pause{}, kSet30, Pause{}}));
  bench.StartSecond();
  ASSERT_TRUE(bench.Say(Verb::kPromote).has_value());
  const Outcome outcome = bench.Decide();
  EXPECT_EQ(bench.status.attempt->step, 2);
  ASSERT_FALSE(outcome.entries.empty());
  EXPECT_EQ(outcome.entries.front().message, "Step 1 is over by an operator, without evidence.");
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->step, 3);
  EXPECT_EQ(bench.Weight(), 300);
}

TEST(Reconcile, GateOfAnotherAttemptIsNoEvidence) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.StartSecond();
  bench.world.gate = GateSeen{AttemptId("u1.1"), {Verdict::kFail, "old errors", {}}};
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kNone);
}

TEST(Reconcile, RetryTenSecondsAfterAnAbortIsNotJudgedByTheOldAttemptsErrors) {
  Bench bench(SixReplicas({kSet10, kPause5m, kSet30}));
  bench.StartSecond();
  bench.Gate(Verdict::kFail, "CanaryHighErrorRate");
  bench.Settle();
  const AttemptId first = bench.status.attempt->id;
  bench.now += seconds(10);
  ASSERT_TRUE(bench.Say(Verb::kRetry).has_value());
  bench.Settle();
  EXPECT_NE(bench.status.attempt->id, first);
  EXPECT_EQ(bench.status.attempt->ending, Ending::kNone);
  EXPECT_EQ(bench.status.attempt->step, 1);
  EXPECT_EQ(bench.Weight(), 100);
}

TEST(Reconcile, CanaryWhoseInstancesAllDieTakesNoFurtherRequestUntilReady) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.StartSecond();
  bench.SetReady("v2", false);
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 0);
  for (const SlotUse& use : bench.status.route.slots) {
    EXPECT_TRUE(use.revision != RevisionId("v2") || use.instances.empty());
  }
  bench.Obey();
  bench.now += minutes(5);
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->step, 1) << "a pause without traffic shows nothing";
  bench.SetReady("v2", true);
  bench.Settle();
  EXPECT_EQ(bench.Weight(), 100);
}

TEST(Reconcile, AnalysisThatEndedWithNothingButErrorsIsNotASuccess) {
  Bench bench(SixReplicas({kSet10, AnalysisStep{0}}));
  bench.spec.analyses = {"success-rate"};
  bench.StartSecond();
  bench.Gate(Verdict::kPass);
  bench.Settle();
  const AnalysisRunKey key{bench.status.attempt->id, 0, 1, 0};
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(AnalysisTarget{key, true})), bench.last.effects.end());
  bench.world.analyses = {{key, AnalysisPhase::kError, "connection refused"}};
  bench.Settle();
  EXPECT_EQ(bench.status.attempt->ending, Ending::kAborted);
  EXPECT_EQ(bench.status.attempt->reason, "Analysis success-rate could not measure: connection refused");
}

TEST(Reconcile, InconclusiveAnalysisPausesAndPromoteRunsItAgain) {
  Bench bench(SixReplicas({kSet10, AnalysisStep{0}}));
  bench.StartSecond();
  bench.Gate(Verdict::kPass);
  bench.Settle();
  bench.world.analyses = {{{bench.status.attempt->id, 0, 1, 0}, AnalysisPhase::kInconclusive, ""}};
  bench.Settle();
  EXPECT_EQ(bench.status.message, "InconclusiveAnalysisRun");
  ASSERT_TRUE(bench.Say(Verb::kPromote).has_value());
  bench.Settle();
  const AnalysisRunKey again{bench.status.attempt->id, 0, 1, 1};
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(AnalysisTarget{again, true})), bench.last.effects.end());
  EXPECT_EQ(bench.status.attempt->step, 1);
}

TEST(Reconcile, BackgroundAnalysisRunsFromItsStartingStepAndIsEndedWithTheAttempt) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.spec.canary.background_analysis = 0;
  bench.spec.canary.background_starting_step = 1;
  bench.StartSecond();
  const AnalysisRunKey key{bench.status.attempt->id, 0, -1, 0};
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(AnalysisTarget{key, true})), bench.last.effects.end());
  bench.world.analyses = {{key, AnalysisPhase::kRunning, ""}};
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Decide();
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(AnalysisTarget{key, false})), bench.last.effects.end());
}

TEST(Reconcile, AbortNeedsNeitherMetricsNorAnalysesNorSightOfTheWorld) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.StartSecond();
  bench.world.route.reset();
  bench.world.gate.reset();
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Weight(), 0);
  EXPECT_EQ(bench.status.route.canary_slot, bench.status.route.stable_slot);
  EXPECT_EQ(bench.status.phase, Phase::kDegraded);
  EXPECT_EQ(bench.status.message, "RolloutAborted: Rollout aborted update to revision 2: aborted by alice: because");
  EXPECT_NE(std::ranges::find(bench.last.effects, Effect(RouteTarget{bench.status.route})), bench.last.effects.end());
}

TEST(Reconcile, AbortedCanaryGoesThirtySecondsAfterItsWeightZeroWasAcknowledged) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.StartSecond();
  bench.Gate(Verdict::kFail);
  bench.Decide();
  bench.now += minutes(3);
  bench.Decide();
  EXPECT_EQ(bench.Desired("v2"), 1) << "nothing was acknowledged yet";
  bench.Obey();
  bench.Decide();
  EXPECT_EQ(bench.status.attempt->stage, Stage::kAborted);
  EXPECT_EQ(bench.last.wake_at, bench.now + seconds(30));
  bench.now += seconds(30);
  bench.Settle();
  EXPECT_EQ(bench.Desired("v2"), 0);
  EXPECT_EQ(bench.SlotOf("v2"), -1);
}

TEST(Reconcile, ApplyingTheAbortedRevisionAgainChangesNothing) {
  Bench bench(SixReplicas({kSet10, kPause5m}));
  bench.StartSecond();
  bench.Gate(Verdict::kFail);
  bench.Settle();
  const Attempt before = *bench.status.attempt;
  ++bench.spec.generation.value;
  bench.Settle();
  EXPECT_EQ(*bench.status.attempt, before);
}

TEST(Reconcile, FailInTheBakeGoesBackToThePredecessorInOneStep) {
  Bench bench(SixReplicas({}));
  bench.StartSecond();
  ASSERT_EQ(bench.status.attempt->stage, Stage::kBaking);
  bench.Gate(Verdict::kNoEvidence);
  bench.Decide();
  EXPECT_EQ(bench.status.attempt->stage, Stage::kBaking);
  const Epoch before = bench.status.route.epoch;
  bench.Gate(Verdict::kFail, "CanaryHighLatency");
  bench.Decide();
  EXPECT_EQ(bench.status.route.epoch.value, before.value + 1);
  EXPECT_EQ(bench.status.route.stable_slot, bench.SlotOf("v1"));
  EXPECT_EQ(bench.Stable(), "v1");
  EXPECT_EQ(bench.status.attempt->ending, Ending::kRolledBack);
  EXPECT_TRUE(bench.WasTold("rollout.rolled_back"));
}

TEST(Reconcile, RollbackWithoutPredecessorInstancesWaitsForOneBeforeTheRouteMoves) {
  Bench bench(SixReplicas({}));
  bench.spec.bake_keep = BakeKeep::kNone;
  bench.StartSecond();
  bench.now += seconds(30);
  bench.Settle();
  ASSERT_EQ(bench.Desired("v1"), 0);
  ASSERT_TRUE(bench.Say(Verb::kAbort).has_value());
  bench.Decide();
  EXPECT_EQ(bench.Desired("v1"), 6);
  EXPECT_EQ(bench.status.route.stable_slot, bench.SlotOf("v2"));
  bench.Settle();
  EXPECT_EQ(bench.status.route.stable_slot, bench.SlotOf("v1"));
}

}  // namespace
}  // namespace tuesday::rollout
