// SPDX-License-Identifier: Apache-2.0
#include "app/server/routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "app/server/daemon/daemon.h"
#include "app/server/prometheus_json.h"

namespace tuesday::server {
namespace {

TEST(Routes, FindTheirParts) {
  std::map<std::string, std::string> parts;
  const Route* route = FindRoute("POST", "/v1/namespaces/staging/rollouts/api/abort", parts);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(parts.at("ns"), "staging");
  EXPECT_EQ(parts.at("name"), "api");
  EXPECT_EQ(FindRoute("GET", "/v1/namespaces//rollouts", parts), nullptr);
  EXPECT_EQ(FindRoute("DELETE", "/v1/status", parts), nullptr);
  EXPECT_TRUE(PathIsKnown("/v1/status"));
  EXPECT_FALSE(PathIsKnown("/v1/nothing"));
}

TEST(Routes, AreDescribedOnceEach) {
  std::set<std::pair<std::string, std::string>> seen;
  const Json api = OpenApi();
  for (const Route& route : Routes()) {
    EXPECT_TRUE(seen.insert({route.method, route.pattern}).second) << route.pattern;
    EXPECT_FALSE(api.At("paths").At(route.pattern).is_null()) << route.pattern;
    EXPECT_FALSE(route.listeners.empty());
    EXPECT_FALSE(route.summary.empty());
  }
}

TEST(SampleText, IsPrometheus) {
  EXPECT_EQ(SampleText(0.1), "0.1");
  EXPECT_EQ(SampleText(1e21), "1e+21");
  EXPECT_EQ(SampleText(1e-7), "1e-07");
  EXPECT_EQ(SampleText(-0.0), "-0");
  EXPECT_EQ(SampleText(1234567), "1234567");
}

TEST(HostPort, IsReadOrRefused) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:80")->port, 80);
  for (const char* text : {"", ":80", "host", "host:", "host:x", "host:70000"})
    EXPECT_FALSE(ParseHostPort(text).has_value()) << text;
}

}  // namespace
}  // namespace tuesday::server
