// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/edge.h"

#include <gtest/gtest.h>

#include <functional>

namespace tuesday::haproxy {
namespace {

Edge Example() {
  EdgeRollout api{{Namespace("prod"), "api"}, Epoch{7}, 0,          1,   Weight::Permille(100), {},
                  {{"api.test", "/", false}}, {},       {"/ready"}, true};
  api.slots = {{0, RevisionId("aaa"), {{InstanceId("a-1"), {"127.0.0.1", 9001}}}},
               {1, RevisionId("bbb"), {{InstanceId("b-1"), {"::1", 9002}}}}};
  api.tls = {{{"api.test"}, "PEM"}};
  api.back_slot = 1;
  api.by_hand = rollout::ByHand{RevisionId("bbb"), RevisionId("aaa"), "root (uid 0)", "it was slow", "2026-11-23T03:00:00Z"};
  return {{{"127.0.0.1", 8080, ListenerKind::kHttp}, {"127.0.0.1", 8443, ListenerKind::kTls}}, {api}, "/run/log.sock"};
}

TEST(Edge, ReadsBackWhatItWrote) {
  const Edge edge = Example();
  const auto read = ParseEdge(EdgeJson(edge));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, edge);
}

TEST(Edge, OneMapEntryIsTheWholeRoute) { EXPECT_EQ(RouteText(Example().rollouts[0]), "7:0:1:100:sticky"); }

TEST(Edge, KeyOfARolloutWithDotsIsReadBack) {
  const RolloutName name{Namespace("prod"), "api.v2"};
  EXPECT_EQ(RolloutOfKey(RolloutKey(name)), name);
  EXPECT_TRUE(RolloutOfKey("nodot").name.empty());
}

TEST(Edge, WhatWouldBreakTheConfigurationIsRefused) {
  const struct {
    const char* name;
    std::function<void(Edge&)> spoil;
  } cases[] = {
      {"LineFeedInAHost", [](Edge& edge) { edge.rollouts[0].rules[0].host = "a\nb"; }},
      {"BlankInAPath", [](Edge& edge) { edge.rollouts[0].rules[0].path = "/a b"; }},
      {"NameOfAServerWithAColon", [](Edge& edge) { edge.rollouts[0].slots[0].servers[0].instance = InstanceId("0:a"); }},
      {"HostNameInsteadOfAnAddress", [](Edge& edge) { edge.rollouts[0].slots[0].servers[0].endpoint.host = "localhost;x"; }},
      {"SlotOutOfRange", [](Edge& edge) { edge.rollouts[0].canary_slot = 6; }},
      {"RolloutTwice", [](Edge& edge) { edge.rollouts.push_back(edge.rollouts[0]); }},
      {"NoPort", [](Edge& edge) { edge.listeners[0].port = 0; }},
      {"BlankInTheLogSocket", [](Edge& edge) { edge.log_socket = "/a b"; }},
      {"CheckPathWithALineFeed", [](Edge& edge) { edge.rollouts[0].check.http_path = "/a\nb"; }},
  };
  for (const auto& row : cases) {
    Edge edge = Example();
    row.spoil(edge);
    EXPECT_FALSE(CheckEdge(edge).has_value()) << row.name;
    EXPECT_FALSE(ParseEdge(EdgeJson(edge)).has_value()) << row.name;
  }
}

TEST(Edge, InstanceWithoutEndpointIsRefused) {
  RouteSpec spec;
  spec.rollout = {Namespace("prod"), "api"};
  spec.route.slots = {{0, RevisionId("aaa"), {InstanceId("a-1")}}};
  EXPECT_FALSE(RolloutOf(spec).has_value());
}

}  // namespace
}  // namespace tuesday::haproxy
