// SPDX-License-Identifier: Apache-2.0
// One word takes the present version back, whatever the rollout is doing.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/check.h"
#include "control/fleet.h"
#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::minutes;
using testing::FleetBench;
using ::testing::HasSubstr;

Result<RollbackReport> Rollback(FleetBench& bench, const std::string& reason = "") {
  auto answer = std::make_shared<std::optional<Result<RollbackReport>>>();
  bench.fleet().Rollback(FleetBench::NameOf("api"), "alice", reason,
                         [answer](Result<RollbackReport> report) { answer->emplace(std::move(report)); });
  CHECK(bench.executor().RunUntilHolds([&] { return answer->has_value(); }, minutes(1)), "Rollback answers");
  return **answer;
}

void Deploy(FleetBench& bench, const std::string& version) {
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest(version)));
  ASSERT_TRUE(bench.RunUntilStable(version, minutes(20)));
}

bool IsBaking(const FleetBench& bench) {
  const auto attempt = bench.View().status.attempt;
  return attempt && attempt->baseline && attempt->stage == rollout::Stage::kBaking;
}

bool Serves(FleetBench& bench, const std::string& version) {
  return bench.RunUntil([&] { return bench.RouteText() == "stable " + version; }, minutes(2));
}

TEST(Rollback, InMidRolloutTheCanaryIsGivenUpAtOnce) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(2)));
  const auto report = Rollback(bench);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->kind, RollbackReport::Kind::kAborted);
  EXPECT_EQ(report->message, "rev 2 is taken back: rev 1 serves everything.");
  EXPECT_TRUE(Serves(bench, "v1"));
  EXPECT_THAT(bench.EntryKinds(), ::testing::Contains("rollout.aborted"));
}

TEST(Rollback, InTheBakeItIsOneStepBack) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return IsBaking(bench); }, minutes(20)));
  const auto report = Rollback(bench);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->kind, RollbackReport::Kind::kSteppedBack);
  EXPECT_TRUE(Serves(bench, "v1"));
}

TEST(Rollback, WhenHealthyTheVersionBeforeComesBackWithoutSteps) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  Deploy(bench, "v2");
  const auto report = Rollback(bench);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->kind, RollbackReport::Kind::kUndone);
  // Less than the first step's minute.
  EXPECT_TRUE(bench.RunUntil([&] { return bench.RouteText() == "stable v1"; }, std::chrono::seconds(50)));
  EXPECT_THAT(bench.EntryKinds(), ::testing::Contains("rollout.rollback_requested"));
}

TEST(Rollback, SaidTwiceItDoesNotGoForwardAgain) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  Deploy(bench, "v2");
  ASSERT_TRUE(Rollback(bench));
  const auto again = Rollback(bench);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->kind, RollbackReport::Kind::kAlready);
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(20)));
  const auto late = Rollback(bench);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_THAT(late.error().hint, HasSubstr("--to-revision"));
  EXPECT_EQ(bench.RouteText(), "stable v1");
}

TEST(Rollback, DoesNotLeadToAVersionThatWasTakenBack) {
  FleetBench bench;
  bench.FailVersion("v2");
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntilAborted(minutes(20)));
  Deploy(bench, "v3");
  ASSERT_TRUE(Rollback(bench));
  EXPECT_TRUE(Serves(bench, "v1"));
}

TEST(Rollback, AReasonMayComeLater) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(2)));
  ASSERT_TRUE(Rollback(bench));
  const auto later = Rollback(bench, "it was slow");
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(later->kind, RollbackReport::Kind::kAlready);
  EXPECT_TRUE(bench.RunUntil(
      [&] {
        const std::vector<std::string> kinds = bench.EntryKinds();
        return std::ranges::find(kinds, "rollout.rollback_reason") != kinds.end();
      },
      minutes(1)));
}

TEST(Rollback, TheFirstVersionHasNothingBeforeIt) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  const auto report = Rollback(bench);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kConflict);
}

// The edge as a rollback by hand leaves it while the daemon is away.
TEST(Rollback, WhatWasDoneByHandIsAdoptedByTheNextDaemon) {
  FleetBench bench;
  bench.Start();
  Deploy(bench, "v1");
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 500; }, minutes(20)));
  const auto view = bench.View();
  bench.Crash();
  bench.router().PutBackByHand(FleetBench::NameOf("api"),
                               {view.status.attempt->revision, *view.status.stable, "root (uid 0)", "", "now"});
  const std::size_t before = bench.router().history().size();
  bench.Start();
  EXPECT_TRUE(bench.RunUntilAborted(minutes(2)));
  EXPECT_EQ(bench.RouteText(), "stable v1");
  for (std::size_t i = before; i < bench.router().history().size(); ++i) {
    EXPECT_EQ(bench.router().history()[i].route.weight, kNoWeight);
  }
}

}  // namespace
}  // namespace tuesday::control
