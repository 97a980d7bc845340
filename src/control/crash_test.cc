// SPDX-License-Identifier: Apache-2.0
// The daemon is killed between any two steps of a whole canary, started again over what the store, the edge and the
// workloads have, and must come to the same end.
#include <gtest/gtest.h>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::FleetBench;

// Steps between two crash points: prime, so that every kind of event is hit at some multiple of it.
constexpr int kStride = 97;
constexpr int kFineSteps = 60;  // After the apply every single point is tried.
constexpr int kPointsLeast = 40;

// A fleet with v1 deployed and `version` just asked for.
void Begin(FleetBench& bench, const std::string& version) {
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  bench.fleet().Apply({Namespace("default"), {{"f", FleetBench::Manifest(version)}}, "tester"}, [](const auto&) {});
}

// Runs `steps` events, crashes, is away for a second, and goes on. False when the canary had ended before.
bool CrashAfter(FleetBench& bench, int steps, const std::function<bool()>& ended) {
  for (int i = 0; i < steps; ++i) {
    if (ended() || !bench.executor().Step()) return false;
  }
  bench.Crash();
  bench.clock().Set(bench.clock().Now() + seconds(1));
  bench.Start();
  return true;
}

// A test that met fewer than `points_min` of them has not seen the whole way.
void TryEveryPoint(const std::string& version, int points_min, const std::function<bool(FleetBench&)>& ended) {
  int points = 0;
  for (int steps = 1;; steps += steps < kFineSteps ? 1 : kStride) {
    SCOPED_TRACE("crash after " + std::to_string(steps) + " events");
    FleetBench bench;
    bench.FailVersion("v3");
    Begin(bench, version);
    if (!CrashAfter(bench, steps, [&] { return ended(bench); })) break;
    ++points;
    // The apply itself may not have been durable yet: whoever asked has had no answer and asks again.
    if (bench.View().spec.generation.value == 1) {
      ASSERT_TRUE(bench.Apply(FleetBench::Manifest(version)));
    }
    ASSERT_TRUE(bench.RunUntil([&] { return ended(bench); }, minutes(15))) << bench.View().status.message;
    ASSERT_TRUE(bench.store().VerifyJournal());
    bench.executor().RunFor(seconds(10));
    EXPECT_TRUE(bench.store().Outbox()->empty());
  }
  EXPECT_GE(points, points_min);
}

TEST(FleetCrash, AHealthyCanaryIsPromotedWhereverTheDaemonDies) {
  TryEveryPoint("v2", kFineSteps, [](FleetBench& bench) { return bench.IsStable("v2"); });
}

TEST(FleetCrash, AFaultyCanaryIsTakenBackWhereverTheDaemonDies) {
  // The gate says no as soon as it looks: the way is short.
  TryEveryPoint("v3", 15, [](FleetBench& bench) { return bench.IsAborted() && bench.CanaryPermille() == 0; });
}

TEST(FleetCrash, AnAbortThatIsDurableIsNeverUndone) {
  FleetBench bench;
  Begin(bench, "v2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(5)));
  bench.router().FailCalls(Error{ErrorCode::kUnavailable, "The edge is away.", ""});
  ASSERT_TRUE(bench.Act(rollout::Verb::kAbort));
  bench.Crash();
  bench.Start();
  bench.executor().RunFor(minutes(1));
  EXPECT_EQ(bench.CanaryPermille(), 100);
  bench.router().FailCalls(std::nullopt);
  EXPECT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 0; }, seconds(10)));
  EXPECT_TRUE(bench.RunUntilAborted(minutes(1)));
}

TEST(FleetCrash, AfterARebootDwellBeginsAgain) {
  FleetBench bench;
  Begin(bench, "v2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.View().status.attempt->pause.has_value(); }, minutes(5)));
  bench.executor().RunFor(seconds(50));
  bench.Crash();
  bench.clock().Reboot("boot-2");
  bench.workloads().LoseInstances();
  bench.Start();
  bench.executor().RunFor(seconds(50));
  EXPECT_EQ(bench.View().status.attempt->step, 1);
  EXPECT_TRUE(bench.RunUntilStable("v2", minutes(15)));
}

TEST(FleetCrash, TheJoinOfTheClocksSurvivesAJumpOfTheWallClock) {
  FleetBench bench;
  Begin(bench, "v2");
  bench.executor().RunFor(seconds(5));
  bench.Crash();
  bench.clock().JumpWall(-minutes(60));
  bench.Start();
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15)));
  WallTime last{};
  for (const NewEntry& entry : bench.store().entries()) {
    EXPECT_GE(entry.at + milliseconds(1), last);
    last = entry.at;
  }
}

}  // namespace
}  // namespace tuesday::control
