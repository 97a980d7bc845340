// SPDX-License-Identifier: Apache-2.0
// The contract of TrafficRouter, run against HAProxy and against the fake.
#include "edge_world.h"
#include "testing/contracts/traffic_router_contract.h"
#include "testing/fake_router.h"

namespace tuesday::testing {
namespace {

struct HaproxyHarness {
  HaproxyHarness() {
    world.AddInstance("a");
    world.AddInstance("b");
  }
  TrafficRouter& router() { return world.router(); }
  RouteSpec Spec(std::uint64_t epoch, int permille) { return world.Spec(epoch, 0, 1, permille, {{0, {"a"}}, {1, {"b"}}}); }
  static bool WaitUntil(const std::function<bool()>& condition) { return Eventually(condition); }

  EdgeWorld world;
};

struct FakeHarness {
  TrafficRouter& router() { return fake; }
  static RouteSpec Spec(std::uint64_t epoch, int permille) {
    RouteSpec spec;
    spec.rollout = {Namespace("prod"), "api"};
    spec.route = {Epoch{epoch}, 0, 1, Weight::Permille(permille), {}};
    spec.route.slots = {{0, RevisionId("rev0"), {InstanceId("a")}}, {1, RevisionId("rev1"), {InstanceId("b")}}};
    spec.endpoints = {{InstanceId("a"), {"127.0.0.1", 1}}, {InstanceId("b"), {"127.0.0.1", 2}}};
    return spec;
  }
  static bool WaitUntil(const std::function<bool()>& condition) { return condition(); }

  FakeRouter fake{[](const InstanceId&) { return true; }};
};

using Harnesses = ::testing::Types<HaproxyHarness, FakeHarness>;
INSTANTIATE_TYPED_TEST_SUITE_P(Routers, TrafficRouterContract, Harnesses);

}  // namespace
}  // namespace tuesday::testing
