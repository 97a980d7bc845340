// SPDX-License-Identifier: Apache-2.0
// A state is restored from a backup while edge and instances are where the world went meanwhile: nobody is refused for ever,
// nothing that serves is taken away too early, and nothing goes back without a word.
#include "wire/state/restored.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::FakeStore;
using testing::FleetBench;

void Begin(FleetBench& bench, const std::string& version) {
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(5)));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest(version)));
}

// The daemon stops, its store is that of `backup`, and it starts again.
void Restore(FleetBench& bench, const FakeStore& backup) {
  bench.Crash();
  bench.store() = backup;
  Transaction mark;
  mark.put.push_back({std::string(state::kRestoredTable), state::kRestoredKey,
                      state::EncodeRestored({.backup = "b1", .taken_at = "then", .restored_at = "now"})});
  ASSERT_TRUE(bench.store().Commit(mark));
  bench.Start();
}

bool HasMark(FleetBench& bench) { return bench.store().Get(state::kRestoredTable, state::kRestoredKey)->has_value(); }

// Whether somebody serves at the edge, on the side that takes most.
bool Serves(FleetBench& bench) {
  const auto seen = bench.router().Observe();
  const auto route = seen->routes.find(FleetBench::NameOf("api"));
  if (route == seen->routes.end()) return false;
  const rollout::Route& now = route->second.route;
  const int main = now.weight == kFullWeight ? now.canary_slot : now.stable_slot;
  for (const rollout::SlotUse& use : now.slots) {
    if (use.slot != main) continue;
    return std::ranges::any_of(use.instances, [&](const InstanceId& id) {
      return std::ranges::find(route->second.serving, id) != route->second.serving.end();
    });
  }
  return false;
}

int Told(FleetBench& bench, const std::string& kind) { return static_cast<int>(std::ranges::count(bench.EntryKinds(), kind)); }

TEST(Restored, InMidCanaryItEndsAsItWouldHave) {
  FleetBench bench;
  Begin(bench, "v2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(5)));
  const FakeStore backup = bench.store();
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 500; }, minutes(5)));
  const std::uint64_t epoch = bench.router().Observe()->routes.begin()->second.route.epoch.value;
  Restore(bench, backup);
  for (int i = 0; i < 300; ++i) {
    bench.executor().RunFor(seconds(1));
    ASSERT_TRUE(Serves(bench)) << "after " << i << " s: " << bench.RouteText();
  }
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15))) << bench.View().status.message;
  EXPECT_GT(bench.router().Observe()->routes.begin()->second.route.epoch.value, epoch);
  EXPECT_EQ(Told(bench, "rollout.restored"), 1);
  EXPECT_FALSE(HasMark(bench));
}

TEST(Restored, WhatServesGoesOnUntilTheOldVersionIsUpAgain) {
  FleetBench bench;
  Begin(bench, "v2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(5)));
  const FakeStore backup = bench.store();
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15)));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3")));
  ASSERT_TRUE(bench.RunUntilStable("v3", minutes(15)));
  bench.executor().RunFor(minutes(10));  // v1 has no instance any more; the state of the backup does not know v3.
  Restore(bench, backup);
  bool moved = false;
  for (int i = 0; i < 120; ++i) {
    bench.executor().RunFor(seconds(1));
    ASSERT_TRUE(Serves(bench)) << "after " << i << " s: " << bench.RouteText();
    moved = moved || bench.RouteText().find("v1") != std::string::npos;
  }
  EXPECT_TRUE(moved) << bench.RouteText();
  EXPECT_EQ(Told(bench, "rollout.restored"), 1);
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15))) << bench.View().status.message;
  EXPECT_FALSE(HasMark(bench));
}

TEST(Restored, ADaemonThatDiesWhileItTakesOverIsAsCarefulTheNextTime) {
  FleetBench bench;
  Begin(bench, "v2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.CanaryPermille() == 100; }, minutes(5)));
  const FakeStore backup = bench.store();
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15)));
  bench.executor().RunFor(minutes(10));
  Restore(bench, backup);
  for (int crash = 0; crash < 20; ++crash) {
    for (int i = 0; i < 3 * crash; ++i) bench.executor().Step();
    ASSERT_TRUE(Serves(bench)) << bench.RouteText();
    bench.Crash();
    bench.Start();
  }
  for (int i = 0; i < 60; ++i) {
    bench.executor().RunFor(seconds(1));
    ASSERT_TRUE(Serves(bench)) << bench.RouteText();
  }
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(15)));
}

TEST(Restored, ARolloutThatCameBackAfterTheBackupIsNotSweptAway) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(5)));
  bench.fleet().Delete({Namespace("default"), {}, {{Namespace("default"), "Rollout", "api"}}, "tester", ""},
                       [](const auto&) {});
  ASSERT_TRUE(bench.RunUntil([&] { return !bench.fleet().Get(FleetBench::NameOf("api")); }, minutes(5)));
  const FakeStore backup = bench.store();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  ASSERT_TRUE(bench.RunUntilStable("v2", minutes(5)));
  Restore(bench, backup);
  bench.executor().RunFor(minutes(2));
  EXPECT_TRUE(Serves(bench));
  bench.Crash();
  bench.Start();
  bench.executor().RunFor(minutes(2));
  EXPECT_TRUE(Serves(bench));
}

}  // namespace
}  // namespace tuesday::control
