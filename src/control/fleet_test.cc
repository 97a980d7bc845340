// SPDX-License-Identifier: Apache-2.0
#include "control/fleet.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using testing::FleetBench;
using ::testing::HasSubstr;

constexpr Duration kDeployLimit = minutes(1);
constexpr Duration kCanaryLimit = minutes(10);

void Deploy(FleetBench& bench, const std::string& version, const std::string& name = "api") {
  const Result<ApplyReport> report = bench.Apply(FleetBench::Manifest(version, name));
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(bench.RunUntilStable(version, kDeployLimit, name));
}

TEST(Fleet, DeploysTheFirstVersionAtOnce) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  EXPECT_EQ(bench.RouteText(), "stable v1");
  EXPECT_EQ(bench.View().instances.size(), 4u);
  EXPECT_EQ(bench.View().url, "http://api.default.localhost:8080/");
  EXPECT_TRUE(bench.store().VerifyJournal());
}

TEST(Fleet, PromotesAHealthyVersionThroughItsSteps) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  std::vector<int> weights;
  const auto holds = [&] {
    if (weights.empty() || weights.back() != bench.CanaryPermille()) weights.push_back(bench.CanaryPermille());
    return bench.IsStable("v2");
  };
  EXPECT_TRUE(bench.RunUntil(holds, kCanaryLimit));
  EXPECT_EQ(weights, (std::vector{0, 100, 500, 1000, 0}));
  EXPECT_EQ(bench.RouteText(), "stable v2");
  EXPECT_EQ(bench.View().attempts.size(), 2u);
  EXPECT_EQ(bench.View().attempts.back().weight_max, kFullWeight);
}

TEST(Fleet, TakesBackAFaultyVersion) {
  FleetBench bench;
  bench.FailVersion("v3");
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3")));
  EXPECT_TRUE(bench.RunUntilAborted(kCanaryLimit));
  EXPECT_EQ(bench.CanaryPermille(), 0);
  EXPECT_THAT(bench.EntryKinds(), Contains("gate.verdict"));
  EXPECT_GT(bench.blobs().size(), 0u);
}

TEST(Fleet, AbortsOnRequestAndTriesAgainOnRequest) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, kCanaryLimit));
  const Result<void> aborted = bench.Act(rollout::Verb::kAbort);
  ASSERT_TRUE(aborted) << aborted.error().message;
  ASSERT_TRUE(bench.RunUntilAborted(kDeployLimit));
  EXPECT_EQ(bench.Act(rollout::Verb::kAbort).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(bench.Act(rollout::Verb::kRetry));
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  EXPECT_EQ(bench.View().status.attempt->ordinal, 3u);
}

TEST(Fleet, AnAttemptThatANewerOneReplacedEndsAndSaysByWhich) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, kCanaryLimit));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3")));
  bench.executor().RunFor(seconds(5));
  for (const bool again : {false, true}) {
    if (again) bench.Crash();
    if (again) bench.Start();
    const state::AttemptRecord replaced = bench.View().attempts.at(1);
    EXPECT_TRUE(replaced.ended);
    EXPECT_EQ(replaced.attempt.ending, rollout::Ending::kSuperseded);
    EXPECT_EQ(replaced.attempt.reason, "superseded by rev 3");
    EXPECT_EQ(replaced.attempt.stage, rollout::Stage::kDone);
  }
}

TEST(Fleet, TwoRolloutsAtOnceDoNotDisturbEachOther) {
  FleetBench bench;
  bench.FailVersion("v3");
  bench.Start();
  Deploy(bench, "v1", "api");
  Deploy(bench, "v1", "web");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3", "api") + "---\n" + FleetBench::Manifest("v2", "web")));
  EXPECT_TRUE(bench.RunUntilAborted(kCanaryLimit, "api"));
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit, "web"));
  EXPECT_EQ(bench.RouteText("api"), "stable v1");
}

TEST(Fleet, AnswersNothingBeforeItIsLoaded) {
  FleetBench bench;
  bench.Start();
  Fleet fleet(
      {bench.store(), bench.workloads(), bench.router(), bench.blobs(), bench.artifacts(), bench.clock(), bench.executor()});
  std::optional<Error> error;
  fleet.Act(FleetBench::NameOf("api"), {}, [&](const Result<void>& result) { error = result.error(); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kUnavailable);
}

TEST(FleetEdge, AsksAgainWhenAnAcknowledgementIsLost) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  bench.router().LoseNextAcknowledgement();
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  bench.executor().RunFor(seconds(5));
  EXPECT_TRUE(bench.store().Outbox()->empty());
}

TEST(FleetEdge, GivesARestartedEdgeItsRouteAgain) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  bench.router().Forget();
  EXPECT_TRUE(bench.RunUntil([&] { return bench.RouteText() == "stable v1"; }, minutes(1)));
}

TEST(FleetEdge, GoesBeyondANewerRouteThatItDoesNotKnow) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  RouteSpec newer = *bench.router().Find(FleetBench::NameOf("api"));
  newer.route.epoch.value += 100;
  ASSERT_TRUE(bench.router().SetRoute(newer));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
}

TEST(FleetEdge, WithdrawsACanaryWhileAnOlderRouteIsStuckOnItsWay) {
  FleetBench bench;
  bench.FailVersion("v3");
  bench.Start();
  Deploy(bench, "v1");
  bench.executor().SetLatency("route default/api", minutes(5));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3")));
  EXPECT_TRUE(bench.RunUntilAborted(minutes(1)) || bench.CanaryPermille() == 0);
  EXPECT_EQ(bench.CanaryPermille(), 0);
}

TEST(FleetStore, CommitsThatFailStopNewRolloutsAndSayWhy) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  bench.store().FailCommits(Error{ErrorCode::kLimit, "The disk is full.", "Make room."});
  const Result<ApplyReport> report = bench.Apply(FleetBench::Manifest("v2"));
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("Nothing was changed: The disk is full."));
  bench.executor().RunFor(minutes(1));
  EXPECT_EQ(bench.RouteText(), "stable v1");
  bench.store().FailCommits(std::nullopt);
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
}

TEST(FleetStore, AnAbortReachesTheEdgeAlthoughItCannotBeStored) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, kCanaryLimit));
  bench.store().FailCommits(Error{ErrorCode::kLimit, "The disk is full.", ""});
  const Result<void> aborted = bench.Act(rollout::Verb::kAbort);
  ASSERT_FALSE(aborted);
  EXPECT_THAT(aborted.error().message, HasSubstr("is being withdrawn"));
  EXPECT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 0; }, seconds(1)));
  bench.store().FailCommits(std::nullopt);
  EXPECT_TRUE(bench.RunUntilAborted(minutes(1)));
  EXPECT_THAT(bench.EntryKinds(), Contains("rollout.aborted"));
}

TEST(FleetStore, ACommitWhoseAnswerWasLostIsNotDoneTwice) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, kCanaryLimit));
  bench.store().LoseNextAnswer();
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  const std::vector<std::string> kinds = bench.EntryKinds();
  EXPECT_EQ(std::ranges::count(kinds, "rollout.promoted"), 2) << ::testing::PrintToString(kinds);
}

TEST(FleetStore, WorksOnThroughAStoreThatFailsForAMinuteInMidCanary) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, kCanaryLimit));
  bench.store().FailCommits(Error{ErrorCode::kUnavailable, "The disk does not answer.", ""});
  bench.executor().RunFor(minutes(1));
  EXPECT_THAT(bench.View().trouble, HasSubstr("The disk does not answer."));
  bench.store().FailCommits(std::nullopt);
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  EXPECT_TRUE(bench.store().VerifyJournal());
}

TEST(Fleet, UndoGoesBackByTheStrategyUntilTheNextApply) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  const Result<ApplyReport> report = bench.Undo();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(bench.IsStable("v1")) << "by its steps";
  ASSERT_TRUE(bench.RunUntilStable("v1", kCanaryLimit));
  EXPECT_EQ(bench.View().status.revisions.back().number, 3);
  // What else changes in the namespace does not end it, a restart neither.
  bench.Crash();
  bench.Start();
  ASSERT_TRUE(bench.Apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n"));
  bench.executor().RunFor(minutes(1));
  EXPECT_TRUE(bench.IsStable("v1"));
  // The file says v2, and who applies it means it.
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
}

TEST(Fleet, UndoToARevisionThatIsNotKeptOrIsThePresentOneIsRefused) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  EXPECT_EQ(bench.Undo().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.Undo(1).error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench.Undo(7).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.Undo(std::nullopt, "web").error().code, ErrorCode::kNotFound);
}

TEST(Fleet, BlueGreenGivesEverythingAtOnceAndTakesAFaultyVersionBackAtOnce) {
  FleetBench bench;
  bench.FailVersion("v3");
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::BlueGreenManifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", kDeployLimit));
  ASSERT_TRUE(bench.Apply(FleetBench::BlueGreenManifest("v2")));
  std::vector<int> weights;
  const auto sees_weight = [&] {
    if (weights.empty() || weights.back() != bench.CanaryPermille()) weights.push_back(bench.CanaryPermille());
    return bench.IsStable("v2");
  };
  ASSERT_TRUE(bench.RunUntil(sees_weight, kCanaryLimit));
  EXPECT_EQ(weights, (std::vector{0, 1000, 0}));
  ASSERT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
  ASSERT_TRUE(bench.Apply(FleetBench::BlueGreenManifest("v3")));
  ASSERT_TRUE(bench.RunUntilAborted(kCanaryLimit));
  EXPECT_EQ(bench.RouteText(), "stable v2");
}

TEST(Fleet, BlueGreenSurvivesACrashOfTheDaemonAtTheSwitch) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::BlueGreenManifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", kDeployLimit));
  ASSERT_TRUE(bench.Apply(FleetBench::BlueGreenManifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 1000; }, kCanaryLimit));
  bench.Crash();
  bench.Start();
  EXPECT_TRUE(bench.RunUntilStable("v2", kCanaryLimit));
}

}  // namespace
}  // namespace tuesday::control
