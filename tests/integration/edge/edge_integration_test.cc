// SPDX-License-Identifier: Apache-2.0
// The edge with a real HAProxy under live load. Waits for conditions, never for time.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "adapters/supervise/poll_loop.h"
#include "edge_world.h"
#include "load.h"

namespace tuesday::testing {
namespace {

constexpr int kConnections = 6;

// Load until `more` further requests were sent.
void AwaitRequests(const Load& load, std::int64_t more) {
  const std::int64_t until = load.sent() + more;
  ASSERT_TRUE(Eventually([&] { return load.sent() >= until; }));
}

// A measured span, not a wait for something to happen.
void AwaitNothing(std::chrono::milliseconds span) { std::this_thread::sleep_for(span); }

TEST(Edge, WeightIsTheShareOfRequestsAndEveryRequestHasItsLine) {
  EdgeWorld world;
  world.StartFeed();
  world.AddInstance("stable-1");
  world.AddInstance("canary-1");
  const auto set = world.router().SetRoute(world.Spec(1, 0, 1, 100, {{0, {"stable-1"}}, {1, {"canary-1"}}}));
  ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
  EXPECT_EQ(set->value, 1U);
  ASSERT_TRUE(Eventually([&] { return world.IsServing("canary-1") && world.IsServing("stable-1"); }));
  Load load(world.port(), kConnections, "api.test");
  AwaitRequests(load, 6000);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.Failed(), 0);
  const double n = static_cast<double>(counts.sent);
  const double canary = static_cast<double>(counts.answered_by.at("canary-1"));
  EXPECT_NEAR(canary, 0.1 * n, 5 * std::sqrt(n * 0.1 * 0.9));
  EXPECT_TRUE(Eventually([&] { return world.sums().lines >= static_cast<std::uint64_t>(counts.sent); }));
  const FeedSums sums = world.sums();
  EXPECT_EQ(sums.lines, static_cast<std::uint64_t>(counts.sent));
  EXPECT_EQ(sums.unreadable, 0U);
  EXPECT_EQ(sums.requests, sums.lines);
  EXPECT_EQ(sums.by_instance.at("canary-1"), static_cast<std::uint64_t>(canary));
  const auto seen = world.router().Observe();
  ASSERT_TRUE(seen.has_value());
  std::int64_t total = 0;
  for (const ServerSeen& server : seen->servers.at({Namespace("prod"), "api"})) total += server.total;
  EXPECT_EQ(total, counts.sent);
}

TEST(Edge, ServersAndWeightsChangeWithoutAReload) {
  EdgeWorld world;
  for (const char* id : {"a", "b", "c"}) world.AddInstance(id);
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  const pid_t haproxy = world.HaproxyPid();
  Load load(world.port(), kConnections, "api.test");
  AwaitRequests(load, 300);
  ASSERT_TRUE(world.router().SetRoute(world.Spec(2, 0, 1, 500, {{0, {"a", "b"}}, {1, {"c"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("b") && world.IsServing("c"); }));
  AwaitRequests(load, 300);
  ASSERT_TRUE(world.router().SetRoute(world.Spec(3, 1, 1, 0, {{0, {"a", "b"}}, {1, {"c"}}})).has_value());
  AwaitRequests(load, 300);
  ASSERT_TRUE(world.router().SetRoute(world.Spec(4, 1, 1, 0, {{1, {"c"}}})).has_value());
  EXPECT_TRUE(Eventually([&] {
    const auto seen = world.router().Observe();
    return seen && seen->servers.at({Namespace("prod"), "api"}).size() == 1;
  }));
  AwaitRequests(load, 300);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.Failed(), 0);
  EXPECT_EQ(counts.answered_by.size(), 3U);
  EXPECT_EQ(world.HaproxyPid(), haproxy);
  const auto stale = world.router().SetRoute(world.Spec(3, 0, 0, 0, {{0, {"a"}}}));
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().code, ErrorCode::kStale);
}

TEST(Edge, AServerAddedAtRunTimeIsAskedOverConnectionsThatAreKept) {
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  ASSERT_TRUE(world.router().SetRoute(world.Spec(2, 0, 0, 0, {{0, {"a", "b"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("b"); }));
  Load load(world.port(), kConnections, "api.test");
  AwaitRequests(load, 1000);
  EXPECT_EQ(load.Stop().Failed(), 0);
  const std::int64_t opened = world.ServerCount("prod.api.s0", "b", "connect");
  const std::int64_t reused = world.ServerCount("prod.api.s0", "b", "reuse");
  ASSERT_GT(opened, 0);
  EXPECT_GT(reused, 4 * opened) << opened << " connections opened";
}

TEST(Edge, ReloadUnderLoadLosesNeitherRequestsNorLines) {
  EdgeWorld world;
  world.StartFeed();
  world.AddInstance("a");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  Load load(world.port(), kConnections, "api.test");
  for (int i = 0; i < 3; ++i) {
    AwaitRequests(load, 300);
    const pid_t before = world.HaproxyPid();
    RouteSpec more = world.Spec(1, 0, 0, 0, {{0, {"a"}}});
    more.rollout.name = "more-" + std::to_string(i);
    more.rules = {{"", "/more-" + std::to_string(i), false}};
    const auto set = world.router().SetRoute(more);
    ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
    EXPECT_NE(world.HaproxyPid(), before);
    EXPECT_EQ(Get(world.port(), "any.test", "/more-" + std::to_string(i) + "/x").status, 200);
    EXPECT_EQ(Get(world.port(), "any.test", "/more").status, 404);
  }
  AwaitRequests(load, 300);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.Failed(), 0);
  const auto wanted = static_cast<std::uint64_t>(counts.sent) + 3;
  EXPECT_TRUE(Eventually([&] { return world.sums().requests >= wanted; })) << world.sums().requests << " of " << wanted;
  EXPECT_EQ(world.sums().requests, wanted);
}

TEST(Edge, KilledWorkerComesBackAndThePortNeverRefuses) {
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  ASSERT_TRUE(world.router().SetRoute(world.Spec(2, 0, 1, 1000, {{0, {"a"}}, {1, {"b"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("b"); }));
  Load load(world.port(), kConnections, "api.test");
  AwaitRequests(load, 300);
  const pid_t before = world.HaproxyPid();
  ::kill(before, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return world.HaproxyPid() > 0 && world.HaproxyPid() != before; }));
  AwaitRequests(load, 300);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.refused, 0);
  EXPECT_TRUE(counts.other_status.empty());
  EXPECT_LE(counts.cut, kConnections);
  const auto seen = world.router().Observe();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->routes.at({Namespace("prod"), "api"}).route.epoch.value, 2U);
}

TEST(Edge, KilledSupervisorFailsNothingAndItsSuccessorTakesTheSockets) {
  EdgeWorld world;
  world.AddInstance("a");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  Load load(world.port(), kConnections, "api.test");
  AwaitRequests(load, 200);
  const pid_t haproxy = world.HaproxyPid();
  ::kill(world.SupervisorPid(), SIGKILL);
  const auto set = world.router().SetRoute(world.Spec(2, 0, 0, 0, {{0, {"a"}}}));
  ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
  EXPECT_EQ(world.HaproxyPid(), haproxy) << "adopted, not restarted";
  AwaitRequests(load, 200);
  // The successor holds the sockets: HAProxy can die and the port stays.
  ::kill(haproxy, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return world.HaproxyPid() > 0 && world.HaproxyPid() != haproxy; }));
  AwaitRequests(load, 200);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.refused, 0);
  EXPECT_TRUE(counts.other_status.empty());
  EXPECT_LE(counts.cut, kConnections);
}

TEST(Edge, CanaryThatDiesFailsOnlyWhatWasInsideIt) {
  constexpr int kMany = 24;
  EdgeWorld world;
  world.StartFeed();
  world.AddInstance("stable");
  world.AddInstance("canary");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 1, 500, {{0, {"stable"}}, {1, {"canary"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("stable") && world.IsServing("canary"); }));
  // What is not logged is counted from a known beginning.
  ASSERT_TRUE(Eventually([&] { return world.sums().looks >= 1; }));
  Load load(world.port(), kMany, "api.test");
  AwaitRequests(load, 1000);
  world.KillInstance("canary");
  const Instant gone = supervise::BootNow();
  AwaitRequests(load, 1000);
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.refused, 0);
  // While the kernel takes a dead process apart, its port still takes connections: a client can lose a second request. Of
  // what was sent when it was gone, none fails.
  EXPECT_LT(counts.last_failed, gone) << "a request failed that was sent to a process that was gone";
  EXPECT_LE(counts.Failed(), 2 * kMany);
  EXPECT_EQ(counts.other_status.count(503), 0U) << "the next request went to stable";
  // What HAProxy did not log is made up for from its counters: a failure is seen, and never more than can have been inside.
  EXPECT_TRUE(Eventually([&] {
    std::uint64_t bad = 0;
    for (const auto& [status, count] : world.sums().by_status) bad += status == 200 ? 0 : count;
    return bad <= static_cast<std::uint64_t>(2 * kMany) && (bad > 0 || counts.Failed() == 0);
  })) << counts.Failed();
}

TEST(Edge, LinesOfTheTimeWithoutADaemonArriveWhenItIsBack) {
  EdgeWorld world;
  world.StartFeed();
  world.AddInstance("a");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  ASSERT_EQ(Get(world.port(), "api.test", "/").status, 200);
  ASSERT_TRUE(Eventually([&] { return world.sums().lines >= 1; }));
  world.StopFeed();
  Load load(world.port(), 2, "api.test");
  AwaitRequests(load, 200);
  const LoadCounts counts = load.Stop();
  const std::int64_t spent = world.HaproxyCpuTicks();
  AwaitNothing(std::chrono::milliseconds(500));
  EXPECT_LT(world.HaproxyCpuTicks() - spent, 10) << "it tries to connect in a loop";
  world.StartFeed();
  // Only what was under way to the feed when it ended may be missing: nothing was sent then.
  const auto wanted = static_cast<std::uint64_t>(counts.sent) + 1;
  EXPECT_TRUE(Eventually([&] { return world.sums().lines >= wanted; })) << world.sums().lines << " of " << wanted;
}

TEST(Edge, RolloutThatIsGoneGetsNoRequest) {
  EdgeWorld world;
  world.AddInstance("a");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  EXPECT_EQ(Get(world.port(), "api.test", "/").body, "a");
  ASSERT_TRUE(world.router().RemoveRoute({Namespace("prod"), "api"}).has_value());
  EXPECT_EQ(Get(world.port(), "api.test", "/").status, 404);
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 0, 0, {{0, {"a"}}})).has_value());
  EXPECT_EQ(Get(world.port(), "API.test:80", "/x?y").body, "a");
}

TEST(Edge, MostExactRuleWinsAndRulesOfANewKindBeginToCount) {
  EdgeWorld world;
  world.AddInstance("a");
  RouteSpec spec = world.Spec(1, 0, 0, 0, {{0, {"a"}}});
  ASSERT_TRUE(world.router().SetRoute(spec).has_value());
  EXPECT_EQ(Get(world.port(), "x.wild.test", "/").status, 404);
  world.AddInstance("other");
  RouteSpec other = world.Spec(1, 0, 0, 0, {{0, {"other"}}});
  other.rollout.name = "other";
  other.rules = {{"*.wild.test", "/w", false}, {"", "/everywhere", false}, {"api.test", "/whole", true}};
  ASSERT_TRUE(world.router().SetRoute(other).has_value());
  const std::pair<std::string, std::string> asked[] = {
      {"x.wild.test", "/w/1"}, {"no.such.host", "/everywhere"}, {"api.test", "/whole"}};
  for (const auto& [host, path] : asked) EXPECT_EQ(Get(world.port(), host, path).body, "other") << host << path;
  EXPECT_EQ(Get(world.port(), "api.test", "/everywhere").body, "a") << "the host itself before every host";
  EXPECT_EQ(Get(world.port(), "api.test", "/whole/more").body, "a") << "a whole path is no prefix";
  EXPECT_EQ(Get(world.port(), "x.wild.test", "/").status, 404);
}

TEST(Edge, StickyClientKeepsItsSide) {
  EdgeWorld world;
  world.AddInstance("a");
  world.AddInstance("b");
  RouteSpec spec = world.Spec(1, 0, 1, 500, {{0, {"a"}}, {1, {"b"}}});
  spec.sticky = true;
  ASSERT_TRUE(world.router().SetRoute(spec).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("a") && world.IsServing("b"); }));
  const Answer first = Get(world.port(), "api.test", "/");
  const std::size_t at = first.head.find("tuesday=");
  ASSERT_NE(at, std::string::npos) << first.head;
  const std::string cookie = first.head.substr(at, first.head.find(';', at) - at);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(world.port(), "api.test", "/", "Cookie: " + cookie + "\r\n").body, first.body);
}

}  // namespace
}  // namespace tuesday::testing

int main(int argc, char** argv) {
  if (tuesday::testing::RunAsHelper(argc, argv)) return 0;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
