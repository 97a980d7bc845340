// SPDX-License-Identifier: Apache-2.0
// What every TrafficRouter must do, run against the fake and the real adapter alike. A harness has: TrafficRouter& router();
// RouteSpec Spec(epoch, canary_permille), whose two instances ("a" stable in slot 0, "b" canary in slot 1) answer; bool
// WaitUntil(condition).
#pragma once

#include <gtest/gtest.h>

#include "ports/traffic_router.h"

namespace tuesday::testing {

template <typename Harness>
class TrafficRouterContract : public ::testing::Test {
 protected:
  Harness harness_;
};

TYPED_TEST_SUITE_P(TrafficRouterContract);

TYPED_TEST_P(TrafficRouterContract, AcknowledgesTheEpochAndReadsTheRouteBack) {
  TrafficRouter& router = this->harness_.router();
  const RouteSpec spec = this->harness_.Spec(3, 100);
  const auto set = router.SetRoute(spec);
  ASSERT_TRUE(set.has_value()) << set.error().message;
  EXPECT_EQ(set->value, 3U);
  const auto seen = router.Observe();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->routes.at(spec.rollout).route, spec.route);
}

TYPED_TEST_P(TrafficRouterContract, AskingTwiceIsHarmlessAndOlderEpochsAreStale) {
  TrafficRouter& router = this->harness_.router();
  ASSERT_TRUE(router.SetRoute(this->harness_.Spec(3, 100)).has_value());
  const auto again = router.SetRoute(this->harness_.Spec(3, 100));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->value, 3U);
  const auto older = router.SetRoute(this->harness_.Spec(2, 900));
  ASSERT_FALSE(older.has_value());
  EXPECT_EQ(older.error().code, ErrorCode::kStale);
  const auto seen = router.Observe();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->routes.begin()->second.route.weight, Weight::Permille(100));
}

TYPED_TEST_P(TrafficRouterContract, InstancesThatAnswerAreSeenServing) {
  TrafficRouter& router = this->harness_.router();
  const RouteSpec spec = this->harness_.Spec(1, 500);
  ASSERT_TRUE(router.SetRoute(spec).has_value());
  EXPECT_TRUE(this->harness_.WaitUntil([&] {
    const auto seen = router.Observe();
    return seen && seen->routes.at(spec.rollout).serving == std::vector<InstanceId>{InstanceId("a"), InstanceId("b")};
  }));
}

TYPED_TEST_P(TrafficRouterContract, RolloutThatIsGoneIsNotSeenAndMayBeginAgain) {
  TrafficRouter& router = this->harness_.router();
  const RouteSpec spec = this->harness_.Spec(9, 0);
  ASSERT_TRUE(router.SetRoute(spec).has_value());
  ASSERT_TRUE(router.RemoveRoute(spec.rollout).has_value());
  ASSERT_TRUE(router.RemoveRoute(spec.rollout).has_value()) << "twice is harmless";
  const auto seen = router.Observe();
  ASSERT_TRUE(seen.has_value());
  EXPECT_FALSE(seen->routes.contains(spec.rollout));
  EXPECT_TRUE(router.SetRoute(this->harness_.Spec(1, 0)).has_value());
}

REGISTER_TYPED_TEST_SUITE_P(TrafficRouterContract, AcknowledgesTheEpochAndReadsTheRouteBack,
                            AskingTwiceIsHarmlessAndOlderEpochsAreStale, InstancesThatAnswerAreSeenServing,
                            RolloutThatIsGoneIsNotSeenAndMayBeginAgain);

}  // namespace tuesday::testing
