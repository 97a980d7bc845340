// SPDX-License-Identifier: Apache-2.0
// Every route is asked on every listener by everybody there is. What comes of it stands in tests/golden/access/routes.txt, so
// a new route, or a changed policy, is seen in the change that makes it. ACCEPT=1 writes the file anew.
#include "app/server/door.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "testing/fake_clock.h"
#include "testing/fake_store.h"
#include "testing/virtual_executor.h"

namespace tuesday::server {
namespace {

constexpr uid_t kDaemonUid = 990;
const std::string kGolden = std::string(TUESDAY_SOURCE_DIR) + "/tests/golden/access/routes.txt";

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() : door_({store_, executor_, clock_, kDaemonUid}) {}

  // Makes a token and gives its secret.
  std::string Make(const std::string& name, access::Role role, const std::string& ns, Duration life = std::chrono::hours(24)) {
    std::string secret;
    door_.Create({name, role, Namespace(ns), life, "root (uid 0)", "test"}, [&](Result<Door::MadeToken> made) {
      ASSERT_TRUE(made.has_value()) << made.error().message;
      secret = made->secret;
    });
    executor_.RunFor(std::chrono::milliseconds(1));
    return secret;
  }

  // What the door says to the route: "yes", "each" when the objects of the body are asked one by one, or the status.
  std::string Ask(const Route& route, http::HttpRequest request) {
    if (std::ranges::find(route.listeners, request.listener) == route.listeners.end()) return "404";
    request.method = route.method;
    request.path = route.pattern;
    std::map<std::string, std::string> parts;
    if (route.pattern.contains("{ns}")) parts["ns"] = "shop";
    if (route.access.scope == access::Scope::kQuery) request.query.emplace("namespace", "shop");
    const Passage passage = door_.Ask(request, route, parts);
    if (!passage.caller.has_value()) return std::to_string(passage.refusal.status);
    const bool asks_each = route.access.scope == access::Scope::kBody && door_.PermitOf(*passage.caller, *route.access.role);
    return asks_each ? "each" : "yes";
  }

  static http::HttpRequest Bearing(const std::string& secret) {
    http::HttpRequest request;
    request.listener = "api";
    request.remote = "192.0.2.7";
    if (!secret.empty()) request.headers["authorization"] = "Bearer " + secret;
    return request;
  }

  static http::HttpRequest Peer(uid_t uid) {
    http::HttpRequest request;
    request.listener = "admin";
    request.peer = http::Peer{uid, uid, 1};
    return request;
  }

  std::size_t Refusals() {
    executor_.RunFor(std::chrono::milliseconds(1));
    const auto entries = store_.Entries({}).value();
    return static_cast<std::size_t>(
        std::ranges::count_if(entries, [](const StoredEntry& entry) { return entry.bytes.contains("access.refused"); }));
  }

  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  testing::FakeStore store_;
  Door door_;
};

TEST_F(DoorTest, EveryRouteOnEveryListenerWithEveryRoleIsAsWritten) {
  door_.Set({.group_role = access::Role::kViewer, .failed_logins_max = 1'000'000});
  http::HttpRequest metrics;
  metrics.listener = "metrics";
  http::HttpRequest everybody;
  everybody.listener = "public";
  everybody.remote = "192.0.2.8";
  const std::string expired = Make("old", access::Role::kAdmin, "*", std::chrono::seconds(1));
  executor_.RunFor(std::chrono::seconds(2));
  const std::string revoked = Make("lost", access::Role::kAdmin, "*");
  door_.Revoke("lost", "root (uid 0)", "", [](const Result<access::Token>& done) { ASSERT_TRUE(done.has_value()); });
  const std::vector<std::pair<std::string, http::HttpRequest>> callers = {
      {"root", Peer(0)},
      {"own", Peer(kDaemonUid)},
      {"group", Peer(1000)},
      {"none", Bearing("")},
      {"wrong", Bearing("tue_" + std::string(64, '0'))},
      {"expired", Bearing(expired)},
      {"revoked", Bearing(revoked)},
      {"other", Bearing(Make("other", access::Role::kAdmin, "elsewhere"))},
      {"viewer", Bearing(Make("viewer", access::Role::kViewer, "shop"))},
      {"deployer", Bearing(Make("deployer", access::Role::kDeployer, "shop"))},
      {"approver", Bearing(Make("approver", access::Role::kApprover, "shop"))},
      {"admin", Bearing(Make("admin", access::Role::kAdmin, "shop"))},
      {"viewer*", Bearing(Make("viewer-all", access::Role::kViewer, "*"))},
      {"deployer*", Bearing(Make("deployer-all", access::Role::kDeployer, "*"))},
      {"admin*", Bearing(Make("admin-all", access::Role::kAdmin, "*"))},
      {"metrics", metrics},
      {"public", everybody},
  };
  std::string table = fmt::format("{:68}", "the request, about namespace shop");
  for (const auto& [name, request] : callers) table += fmt::format(" {:>9}", name);
  table += "\n";
  for (const Route& route : Routes()) {
    table += fmt::format("{:68}", route.method + " " + route.pattern);
    for (const auto& [name, request] : callers) table += fmt::format(" {:>9}", Ask(route, request));
    table += "\n";
  }
  if (std::getenv("ACCEPT") != nullptr) {
    std::ofstream(kGolden, std::ios::binary) << table;
    GTEST_SKIP() << "wrote " << kGolden;
  }
  std::ostringstream golden;
  golden << std::ifstream(kGolden, std::ios::binary).rdbuf();
  EXPECT_EQ(table, golden.str()) << "A route or a policy is new. When it is meant: ACCEPT=1, and look at the difference.";
}

// What must hold whatever the golden file says.
TEST_F(DoorTest, NoRouteActsForAStrangerOrAViewer) {
  const std::string viewer = Make("viewer", access::Role::kViewer, "*");
  const std::string other = Make("other", access::Role::kAdmin, "elsewhere");
  http::HttpRequest metrics;
  metrics.listener = "metrics";
  http::HttpRequest everybody;
  everybody.listener = "public";
  for (const Route& route : Routes()) {
    const std::string what = route.method + " " + route.pattern;
    const bool is_health = route.pattern == "/healthz" || route.pattern == "/readyz";
    const bool is_for_all = route.pattern.starts_with("/.well-known/");
    EXPECT_EQ(Ask(route, Bearing("")) == "yes", is_health || is_for_all) << what;
    EXPECT_EQ(Ask(route, everybody) == "yes", is_for_all) << what;
    EXPECT_EQ(Ask(route, metrics) == "yes", is_health || route.pattern == "/metrics") << what;
    // git fetches by POST too; which repository, and whether branches may move, is asked where it is known (run_git.cc).
    const bool is_git = route.pattern.starts_with("/git/");
    if (route.method != "GET" && !is_git) {
      EXPECT_NE(Ask(route, Bearing(viewer)), "yes") << what;
    }
    if (route.method != "GET" && !is_git) {
      EXPECT_NE(Ask(route, Peer(1000)), "yes") << what;
    }
    if (route.pattern.contains("{ns}")) {
      // Where tokens do not come in there is nothing for them.
      const bool takes_tokens = std::ranges::find(route.listeners, "api") != route.listeners.end();
      EXPECT_EQ(Ask(route, Bearing(other)), takes_tokens ? "403" : "404") << what;
    }
    EXPECT_TRUE(route.access.scope != access::Scope::kNone || route.method == "GET" || is_git) << what << " changes nothing";
    EXPECT_EQ(route.pattern.contains("{ns}"), route.access.scope == access::Scope::kPath) << what;
    EXPECT_EQ(route.access.scope == access::Scope::kBody,
              route.pattern == "/v1/apply" || route.pattern == "/v1/plan" || route.pattern == "/v1/delete")
        << what << ": its handler must ask PermitOf for each object";
  }
}

TEST_F(DoorTest, ATokenIsNeverTakenFromAnAddress) {
  const std::string secret = Make("ci", access::Role::kViewer, "*");
  const Route& status = *std::ranges::find(Routes(), "/v1/status", &Route::pattern);
  for (const auto& [name, value] :
       {std::pair<std::string, std::string>{"token", "x"}, {"access_token", ""}, {"anything", secret}}) {
    http::HttpRequest request = Bearing(secret);
    request.query.emplace(name, value);
    EXPECT_EQ(Ask(status, request), "400") << name;
  }
}

TEST_F(DoorTest, AnAddressThatFailsTooOftenWaitsAndOthersDoNot) {
  door_.Set({.group_role = access::Role::kViewer, .failed_logins_max = 3});
  const std::string secret = Make("ci", access::Role::kViewer, "*");
  const Route& status = *std::ranges::find(Routes(), "/v1/status", &Route::pattern);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(status, Bearing("tue_" + std::string(64, '1'))), "401");
  EXPECT_EQ(Ask(status, Bearing("tue_" + std::string(64, '1'))), "429");
  EXPECT_EQ(Ask(status, Bearing(secret)), "429") << "the right one too: nobody can go on guessing";
  http::HttpRequest elsewhere = Bearing(secret);
  elsewhere.remote = "192.0.2.8";
  EXPECT_EQ(Ask(status, elsewhere), "yes");
  EXPECT_EQ(Ask(status, Peer(0)), "yes");
  executor_.RunFor(access::kLoginWindow);
  EXPECT_EQ(Ask(status, Bearing(secret)), "yes");
}

TEST_F(DoorTest, RefusedActsAreWrittenDownUpToABound) {
  const std::string viewer = Make("viewer", access::Role::kViewer, "shop");
  const Route& apply = *std::ranges::find(Routes(), "/v1/apply", &Route::pattern);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Ask(apply, Bearing(viewer)), "403");
  EXPECT_EQ(Refusals(), static_cast<std::size_t>(access::kRefusalsWrittenMax));
  executor_.RunFor(access::kRefusalWindow);
  EXPECT_EQ(Ask(apply, Bearing(viewer)), "403");
  EXPECT_EQ(Refusals(), static_cast<std::size_t>(access::kRefusalsWrittenMax) + 1);
  const std::string last = store_.Entries({}).value().back().bytes;
  EXPECT_TRUE(last.contains("viewer (token) may not POST /v1/apply")) << last;
  EXPECT_TRUE(last.contains("\"left_out_before\":90")) << last;
}

TEST_F(DoorTest, ObjectsOfABodyAreAskedOneByOne) {
  const auto permit =
      door_.PermitOf({.name = "ci (token)", .role = access::Role::kDeployer, .ns = Namespace("shop"), .expires_at = {}},
                     access::Role::kDeployer);
  ASSERT_TRUE(permit);
  EXPECT_TRUE(permit({Namespace("shop"), "Rollout", "api"}).has_value());
  const Result<void> other = permit({Namespace("bank"), "Rollout", "api"});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kDenied);
  EXPECT_TRUE(other.error().message.contains("is for namespace shop; this is about namespace bank")) << other.error().message;
  EXPECT_FALSE(permit({Namespace("shop"), "PrometheusRule", "r"}).has_value()) << "a rule can abort what is elsewhere";
  EXPECT_FALSE(permit({Namespace(), "ClusterAnalysisTemplate", "t"}).has_value());
}

TEST_F(DoorTest, TokensSurviveARestartAndARevokedOneStaysSo) {
  const std::string kept = Make("kept", access::Role::kViewer, "shop");
  const std::string lost = Make("lost", access::Role::kViewer, "shop");
  door_.Revoke("lost", "root (uid 0)", "laptop stolen", [](const Result<access::Token>&) {});
  executor_.RunFor(std::chrono::milliseconds(1));
  Door again({store_, executor_, clock_, kDaemonUid});
  ASSERT_TRUE(again.Load().has_value());
  EXPECT_EQ(again.tokens().size(), 2U);
  const Route& status = *std::ranges::find(Routes(), "/v1/status", &Route::pattern);
  http::HttpRequest request = Bearing(kept);
  request.query.emplace("namespace", "shop");
  EXPECT_TRUE(again.Ask(request, status, {}).caller.has_value());
  request.headers["authorization"] = "bearer " + lost;
  EXPECT_EQ(again.Ask(request, status, {}).refusal.status, 401);
  const std::vector<StoredEntry> entries = store_.Entries({}).value();
  for (const StoredEntry& entry : entries) EXPECT_FALSE(entry.bytes.contains(kept));
}

TEST_F(DoorTest, AStoreThatDoesNotWriteMakesNoToken) {
  store_.FailCommits(Error{ErrorCode::kUnavailable, "The disk is full.", ""});
  bool failed = false;
  door_.Create({"ci", access::Role::kViewer, Namespace("shop"), std::chrono::hours(1), "root (uid 0)", ""},
               [&](const Result<Door::MadeToken>& made) { failed = !made.has_value(); });
  executor_.RunFor(std::chrono::milliseconds(1));
  EXPECT_TRUE(failed);
  EXPECT_TRUE(door_.tokens().empty());
}

}  // namespace
}  // namespace tuesday::server
