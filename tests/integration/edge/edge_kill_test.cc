// SPDX-License-Identifier: Apache-2.0
// Something is killed between any two steps of a change, and after every single command to HAProxy: it converges, the port
// never refuses, and only what was inside a killed HAProxy fails.
#include <gtest/gtest.h>

#include <string>

#include "edge_world.h"
#include "load.h"

namespace tuesday::testing {
namespace {

constexpr int kCommandsMost = 64;  // Of one change in these tests; far above what there are.

// Until the route of `spec` is acknowledged and read back.
void ExpectConverges(EdgeWorld& world, const RouteSpec& spec, const std::string& what) {
  EXPECT_TRUE(Eventually([&] {
    const auto set = world.router().SetRoute(spec);
    return set && *set == spec.route.epoch;
  })) << what;
  const auto seen = world.router().Observe();
  ASSERT_TRUE(seen.has_value()) << what;
  EXPECT_EQ(seen->routes.at(spec.rollout).route, spec.route) << what;
}

TEST(EdgeKill, BetweenAnyTwoStepsItConverges) {
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  Load load(world.port(), 2, "api.test");
  std::uint64_t epoch = 1;
  for (const char* step : {"checked", "saved", "written", "changed"}) {
    for (const char* victim : {"supervisor", "worker"}) {
      ++epoch;
      world.KillAt(step, victim);
      ExpectConverges(world, world.Spec(epoch, 0, 1, 300, {{0, {"a"}}, {1, {epoch % 2 == 0 ? "b" : "a"}}}),
                      std::string(step) + " " + victim);
      EXPECT_TRUE(world.HasKilled());
    }
  }
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.refused, 0);
  EXPECT_TRUE(counts.other_status.empty());
  EXPECT_LE(counts.cut, 4 * 2) << "four workers were killed under two connections";
}

// A canary comes and goes; `victim` is killed after the first command of each change, then after the second, and so on to
// the last of the longer one.
void KillAfterEveryCommand(const std::string& victim) {
  constexpr int kConnections = 2;
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  std::uint64_t epoch = 1;
  ASSERT_TRUE(world.router().SetRoute(world.Spec(epoch, 0, 0, 0, {{0, {"a"}}})).has_value());
  Load load(world.port(), kConnections, "api.test");
  int kills = 0;
  bool more = true;
  for (int n = 1; more && n <= kCommandsMost; ++n) {
    more = false;
    for (const int permille : {300, 0}) {
      const std::string what = victim + " after command " + std::to_string(n) + (permille == 0 ? " of going" : " of coming");
      RouteSpec spec = permille == 0 ? world.Spec(++epoch, 0, 0, 0, {{0, {"a"}}})
                                     : world.Spec(++epoch, 0, 1, permille, {{0, {"a"}}, {1, {"b"}}});
      world.KillAt("command:" + std::to_string(n), victim);
      ExpectConverges(world, spec, what);
      if (world.HasKilled()) {
        more = true;
        ++kills;
      }
    }
  }
  EXPECT_FALSE(more) << "a change has more commands than were tried";
  EXPECT_GE(kills, 8) << "hardly any command was seen";
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.refused, 0);
  EXPECT_TRUE(counts.other_status.empty()) << counts.other_status.begin()->first;
  EXPECT_LE(counts.cut, victim == "worker" ? kills * kConnections : 0);
}

TEST(EdgeKill, WorkerAfterAnySingleCommand) { KillAfterEveryCommand("worker"); }

TEST(EdgeKill, SupervisorAfterAnySingleCommand) { KillAfterEveryCommand("supervisor"); }

TEST(EdgeKill, CallerInMidCallChangesNothingForTheNext) {
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  Load load(world.port(), 2, "api.test");
  std::uint64_t epoch = 1;
  for (const char* step : {"checked", "saved", "command:1", "command:3", "written", "changed"}) {
    const RouteSpec outside = world.Spec(++epoch, 0, 1, 300, {{0, {"a"}}, {1, {"b"}}});
    world.KillAt(step, "caller");
    world.SetRouteFromOutside(outside);
    EXPECT_TRUE(world.HasKilled()) << step;
    // The change was under way, and nobody takes it back.
    EXPECT_TRUE(Eventually([&] {
      const auto seen = world.router().Observe();
      return seen && seen->routes.at(outside.rollout).route.epoch == outside.route.epoch;
    })) << step;
    ExpectConverges(world, world.Spec(++epoch, 0, 0, 0, {{0, {"a"}}}), step);
  }
  const LoadCounts counts = load.Stop();
  EXPECT_GT(counts.sent, 0);
  EXPECT_EQ(counts.Failed(), 0);
}

}  // namespace
}  // namespace tuesday::testing
