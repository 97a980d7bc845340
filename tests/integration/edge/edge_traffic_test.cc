// SPDX-License-Identifier: Apache-2.0
// What the edge carries beside plain requests, and what it does with servers that look dead: TLS, WebSockets, last resorts.
#include <gtest/gtest.h>

#include "adapters/haproxy/supervisor/certificates.h"
#include "adapters/supervise/poll_loop.h"
#include "clients.h"
#include "edge_world.h"
#include "load.h"

namespace tuesday::testing {
namespace {

TEST(EdgeTls, GivenCertificateIsShownForItsHostAndOthersAreSelfSigned) {
  EdgeWorld world;
  world.AddInstance("a");
  const std::string given = *haproxy::MakeSelfSigned({"api.test"});
  RouteSpec spec = world.Spec(1, 0, 0, 0, {{0, {"a"}}});
  spec.rules.push_back({"self.test", "/", false});
  spec.tls = {{{"api.test"}, given}, {{"self.test"}, ""}};
  const auto set = world.router().SetRoute(spec);
  ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
  const TlsAnswer api = GetOverTls(world.tls_port(), "api.test", "/x");
  EXPECT_EQ(api.answer.status, 200);
  EXPECT_EQ(api.answer.body, "a");
  EXPECT_TRUE(given.starts_with(api.certificate_pem)) << "another certificate than the one that was given";
  const TlsAnswer self = GetOverTls(world.tls_port(), "self.test", "/");
  EXPECT_EQ(self.answer.status, 200);
  EXPECT_EQ(self.common_name, "self.test");
  const TlsAnswer other = GetOverTls(world.tls_port(), "other.test", "/");
  EXPECT_EQ(other.answer.status, 404) << "no rollout serves this host";
  EXPECT_EQ(other.common_name, "localhost");
}

TEST(EdgeTls, AnotherCertificateIsShownAfterAReloadThatFailsNoRequest) {
  EdgeWorld world;
  world.AddInstance("a");
  RouteSpec spec = world.Spec(1, 0, 0, 0, {{0, {"a"}}});
  spec.tls = {{{"api.test"}, *haproxy::MakeSelfSigned({"api.test", "first.test"})}};
  ASSERT_TRUE(world.router().SetRoute(spec).has_value());
  Load load(world.port(), 4, "api.test");
  for (std::uint64_t epoch = 2; epoch < 5; ++epoch) {
    const pid_t before = world.HaproxyPid();
    spec.route.epoch = Epoch{epoch};
    const std::string fresh = *haproxy::MakeSelfSigned({"api.test"});
    spec.tls = {{{"api.test"}, fresh}};
    ASSERT_TRUE(world.router().SetRoute(spec).has_value());
    EXPECT_NE(world.HaproxyPid(), before) << "no reload";
    const TlsAnswer answer = GetOverTls(world.tls_port(), "api.test", "/");
    EXPECT_EQ(answer.answer.status, 200);
    EXPECT_TRUE(fresh.starts_with(answer.certificate_pem));
  }
  const LoadCounts counts = load.Stop();
  EXPECT_GT(counts.sent, 0);
  EXPECT_EQ(counts.Failed(), 0);
}

TEST(EdgeDrain, WebSocketStaysPastAWeightChangeAndIsCutAtTheDeadline) {
  constexpr Duration kDrain = std::chrono::milliseconds(1500);
  EdgeWorld world(kDrain);
  world.AddInstance("stable");
  world.AddInstance("canary");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 1, 1000, {{0, {"stable"}}, {1, {"canary"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("canary"); }));
  const WebSocket socket(world.port(), "api.test");
  ASSERT_TRUE(socket.is_open());
  EXPECT_TRUE(socket.Echoes("of the canary"));
  ASSERT_TRUE(world.router().SetRoute(world.Spec(2, 0, 1, 0, {{0, {"stable"}}, {1, {"canary"}}})).has_value());
  EXPECT_EQ(Get(world.port(), "api.test", "/").body, "stable");
  EXPECT_TRUE(socket.Echoes("after the weight's change"));
  const Instant removed = supervise::BootNow();
  ASSERT_TRUE(world.router().SetRoute(world.Spec(3, 0, 0, 0, {{0, {"stable"}}})).has_value());
  EXPECT_TRUE(socket.Echoes("after its server was removed"));
  EXPECT_TRUE(socket.AwaitEnd());
  EXPECT_GE(supervise::BootNow() - removed, kDrain) << "cut before the deadline";
  EXPECT_TRUE(Eventually([&] { return world.ServerStatus("prod.api.s1", "canary").empty(); })) << "the server stays";
  EXPECT_EQ(Get(world.port(), "api.test", "/").body, "stable");
}

TEST(EdgeDrain, RequestInsideARemovedServerIsAnsweredBeforeTheDeadline) {
  EdgeWorld world;
  world.AddInstance("stable");
  world.AddInstance("canary");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 1, 1000, {{0, {"stable"}}, {1, {"canary"}}})).has_value());
  ASSERT_TRUE(Eventually([&] { return world.IsServing("canary"); }));
  Load slow(world.port(), 1, "api.test", "/slow");
  ASSERT_TRUE(Eventually([&] { return slow.sent() >= 2; }));
  ASSERT_TRUE(world.router().SetRoute(world.Spec(2, 0, 0, 0, {{0, {"stable"}}})).has_value());
  const LoadCounts counts = slow.Stop();
  EXPECT_EQ(counts.Failed(), 0);
  EXPECT_GE(counts.answered_by.at("canary"), 1);
}

TEST(EdgeHealth, StableIsServedWhenAllItsServersLookDownAndTheCanaryGetsNothing) {
  EdgeWorld world;
  world.StartFeed();
  for (const char* id : {"stable-1", "stable-2", "canary"}) world.AddInstance(id);
  RouteSpec spec = world.Spec(1, 0, 1, 500, {{0, {"stable-1", "stable-2"}}, {1, {"canary"}}});
  spec.check.http_path = "/sick";
  ASSERT_TRUE(world.router().SetRoute(spec).has_value());
  const auto looks_down = [&](const std::string& slot, const std::string& name) {
    return world.ServerStatus("prod.api." + slot, name).starts_with("DOWN");
  };
  ASSERT_TRUE(Eventually([&] {
    return looks_down("s0", "stable-1") && looks_down("s0", "stable-2") && looks_down("s1", "canary") &&
           looks_down("s1", "0:stable-1") && looks_down("s1", "0:stable-2");
  }));
  Load load(world.port(), 4, "api.test");
  ASSERT_TRUE(Eventually([&] { return load.sent() >= 400; }));
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.Failed(), 0);
  EXPECT_EQ(counts.answered_by.count("canary"), 0U);
  EXPECT_GT(counts.answered_by.at("stable-1"), 0);
  EXPECT_GT(counts.answered_by.at("stable-2"), 0);
  EXPECT_FALSE(world.IsServing("stable-1")) << "a last resort is no server that is up";
  const auto sent = static_cast<std::uint64_t>(counts.sent);
  EXPECT_TRUE(Eventually([&] { return world.sums().by_slot[0] >= sent; }));
  EXPECT_EQ(world.sums().by_slot.count(1), 0U) << "what stable served is not the canary's";
}

TEST(EdgeHealth, CanaryThatLooksDownGetsNothingWhileStableIsUp) {
  EdgeWorld world;
  world.AddInstance("stable");
  world.AddInstance("canary");
  world.KillInstance("canary");
  ASSERT_TRUE(world.router().SetRoute(world.Spec(1, 0, 1, 1000, {{0, {"stable"}}, {1, {"canary"}}})).has_value());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(world.port(), "api.test", "/").body, "stable");
}

}  // namespace
}  // namespace tuesday::testing
