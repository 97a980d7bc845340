// SPDX-License-Identifier: Apache-2.0
// A rollout that somebody deletes: it is gone in the end, wherever the daemon dies, and what it leaves behind is cleared away.
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

// Every point of the first moves is tried, then every so many: prime, so that every kind of event is hit at some multiple.
constexpr int kFineSteps = 25;
constexpr int kStride = 13;
constexpr int kPointsLeast = 30;

DeleteRequest Named(const std::string& kind, const std::string& name) {
  return {Namespace("default"), {}, {{Namespace("default"), kind, name}}, "tester", "a test"};
}

Result<ApplyReport> Delete(FleetBench& bench, const DeleteRequest& request) {
  auto answer = std::make_shared<std::optional<Result<ApplyReport>>>();
  bench.fleet().Delete(request, [answer](Result<ApplyReport> report) { answer->emplace(std::move(report)); });
  bench.executor().RunUntilHolds([&] { return answer->has_value(); }, seconds(30));
  return answer->has_value() ? **answer : Fail(ErrorCode::kInternal, "no answer");
}

bool IsGone(FleetBench& bench) {
  return bench.has_fleet() && !bench.fleet().Get(FleetBench::NameOf("api")) &&
         bench.router().Find(FleetBench::NameOf("api")) == nullptr && bench.workloads().Observe()->empty();
}

void Deploy(FleetBench& bench, const std::string& manifest) {
  bench.Start();
  ASSERT_TRUE(bench.Apply(manifest));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
}

TEST(FleetRemoval, TakesRouteInstancesAndStateAwayAndTellsIt) {
  FleetBench bench;
  Deploy(bench, FleetBench::Manifest("v1"));
  const Result<ApplyReport> report = Delete(bench, Named("Rollout", "api"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->objects.front().change, ObjectChange::kDeleted);
  ASSERT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(2)));
  EXPECT_THAT(bench.EntryKinds(), Contains("rollout.removed"));
  EXPECT_TRUE(bench.store().Outbox()->empty());
  EXPECT_TRUE(bench.store().VerifyJournal());
  for (const char* table : {"rollout", "status", "revision", "attempt", "object"}) {
    EXPECT_TRUE(bench.store().List(table, "")->empty()) << table;
  }
}

TEST(FleetRemoval, IsGoneWhereverTheDaemonDies) {
  int points = 0;
  for (int steps = 1;; steps += steps < kFineSteps ? 1 : kStride) {
    SCOPED_TRACE("crash after " + std::to_string(steps) + " events");
    FleetBench bench;
    Deploy(bench, FleetBench::Manifest("v1"));
    ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
    ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(5)));
    bench.fleet().Delete(Named("Rollout", "api"), [](const auto&) {});
    int taken = 0;
    while (taken < steps && !IsGone(bench) && bench.executor().Step()) ++taken;
    if (taken < steps) break;
    ++points;
    bench.Crash();
    bench.clock().Set(bench.clock().Now() + seconds(1));
    bench.Start();
    // The delete may not have been durable yet: whoever asked has had no answer and asks again.
    const Result<RolloutView> view = bench.fleet().Get(FleetBench::NameOf("api"));
    if (view && !view->spec.removal) {
      ASSERT_TRUE(Delete(bench, Named("Rollout", "api")));
    }
    ASSERT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(5)));
    ASSERT_TRUE(bench.store().VerifyJournal());
    const std::vector<std::string> kinds = bench.EntryKinds();
    EXPECT_EQ(std::ranges::count(kinds, "rollout.removed"), 1);
  }
  EXPECT_GE(points, kPointsLeast);
}

TEST(FleetRemoval, IsFinishedWhenTheAnswerOfTheLastCommitWasLost) {
  FleetBench bench;
  Deploy(bench, FleetBench::Manifest("v1"));
  ASSERT_TRUE(Delete(bench, Named("Rollout", "api")));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.workloads().Observe()->empty(); }, minutes(2)));
  bench.store().LoseNextAnswer();
  ASSERT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(2)));
  const std::vector<std::string> kinds = bench.EntryKinds();
  EXPECT_EQ(std::ranges::count(kinds, "rollout.removed"), 1);
}

TEST(FleetRemoval, ANewRolloutOfTheSameNameWaitsForTheEndAndThenComesUp) {
  FleetBench bench;
  Deploy(bench, FleetBench::Manifest("v1"));
  ASSERT_TRUE(Delete(bench, Named("Rollout", "api")));
  const Result<ApplyReport> early = bench.Apply(FleetBench::Manifest("v1"));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kConflict);
  EXPECT_THAT(early.error().message, HasSubstr("is being deleted"));
  ASSERT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(2)));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  EXPECT_TRUE(bench.RunUntilStable("v1", minutes(1)));
}

TEST(FleetRemoval, WhatCameBackOfADeletedRolloutIsClearedAwayAlsoAfterARestart) {
  FleetBench bench;
  Deploy(bench, FleetBench::Manifest("v1"));
  const InstancesTarget instances = bench.workloads().targets().begin()->second;
  const RouteSpec route = *bench.router().Find(FleetBench::NameOf("api"));
  ASSERT_TRUE(Delete(bench, Named("Rollout", "api")));
  ASSERT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(2)));
  InstancesTarget late = instances;
  late.generation = bench.workloads().targets().begin()->second.generation;
  late.count = 2;
  ASSERT_TRUE(bench.workloads().SetInstances(late));
  ASSERT_TRUE(bench.router().SetRoute(route));
  bench.Crash();
  bench.Start();
  bench.executor().RunFor(seconds(10));
  EXPECT_TRUE(IsGone(bench));
}

TEST(FleetRemoval, InstancesOfARolloutThatNobodyKnowsAreShownAndLeftAlone) {
  FleetBench bench;
  bench.Start();
  InstancesTarget foreign;
  foreign.rollout = FleetBench::NameOf("other");
  foreign.revision = RevisionId("aaaaaaaaaa");
  foreign.generation = Generation{1};
  foreign.count = 2;
  ASSERT_TRUE(bench.workloads().SetInstances(foreign));
  bench.executor().RunFor(seconds(10));
  const Health health = bench.fleet().GetHealth();
  ASSERT_EQ(health.orphans.size(), 2u);
  EXPECT_EQ(health.orphans.front().rollout.name, "other");
  EXPECT_EQ(health.orphans.front().origin, OrphanView::Origin::kUnknown);
  EXPECT_EQ(bench.workloads().Observe()->size(), 2u);
}

TEST(FleetRemoval, AnUnknownNameIsNotFound) {
  FleetBench bench;
  Deploy(bench, FleetBench::Manifest("v1"));
  const Result<ApplyReport> report = Delete(bench, Named("Rollout", "nobody"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(report.error().message, "There is no Rollout default/nobody.");
}

TEST(FleetRemoval, WhatARolloutStillNeedsIsKeptAndItsMessageSaysWho) {
  constexpr const char* kTemplate = R"(---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: mine}
spec:
  metrics: [{name: errors, successCondition: "result[0] < 1", interval: 10s, provider: {prometheus: {query: 'vector(0)'}
}
}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {COLOUR: blue}
)";
  std::string rollout = FleetBench::Manifest("v1");
  const std::string ports = "ports: [{containerPort: 3000}]";
  rollout.replace(rollout.find(ports), ports.size(), ports + "\n          envFrom: [{configMapRef: {name: settings}}]");
  FleetBench bench;
  Deploy(bench, rollout + kTemplate);
  const Result<ApplyReport> config = Delete(bench, Named("ConfigMap", "settings"));
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("settings"));
  EXPECT_TRUE(Delete(bench, Named("AnalysisTemplate", "mine"))) << "nobody names it";
  DeleteRequest file{Namespace("default"), {{"all.yaml", rollout + kTemplate}}, {}, "tester", ""};
  const Result<ApplyReport> all = Delete(bench, file);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(std::ranges::count(all->objects, ObjectChange::kDeleted, &AppliedObject::change), 2);
  EXPECT_EQ(std::ranges::count(all->objects, ObjectChange::kAbsent, &AppliedObject::change), 1);
  EXPECT_TRUE(bench.RunUntil([&] { return IsGone(bench); }, minutes(2)));
}

}  // namespace
}  // namespace tuesday::control
