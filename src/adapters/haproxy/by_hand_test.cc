// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/by_hand.h"

#include <gmock/gmock.h>

namespace tuesday::haproxy {
namespace {

using ::testing::HasSubstr;

EdgeRollout TwoSlots(int stable, int canary, int weight_permille) {
  EdgeRollout route;
  route.name = {Namespace("default"), "api"};
  route.epoch = Epoch{7};
  route.stable_slot = stable;
  route.canary_slot = canary;
  route.weight = Weight::Permille(weight_permille);
  route.slots = {{0, RevisionId("v1"), {{InstanceId("v1-0"), {"127.0.0.1", 9001}}}},
                 {1, RevisionId("v2"), {{InstanceId("v2-0"), {"127.0.0.1", 9002}}}}};
  return route;
}

const ByHandOrder kOrder{{Namespace("default"), "api"}, "root (uid 0)", "", "2026-11-23T03:00:00Z"};
const std::set<InstanceId> kAllUp{InstanceId("v1-0"), InstanceId("v2-0")};

TEST(TurnBack, ACanaryLosesItsShare) {
  EdgeRollout route = TwoSlots(0, 1, 200);
  const auto taken = TurnBack(route, kOrder, kAllUp);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->kind, TakenBack::Kind::kCanary);
  EXPECT_EQ(taken->to, RevisionId("v1"));
  EXPECT_EQ(RouteText(route), "1007:0:0:0");
  EXPECT_EQ(route.by_hand->from, RevisionId("v2"));
  EXPECT_EQ(route.by_hand->by, "root (uid 0)");
}

TEST(TurnBack, InTheBakeThePredecessorServesAgain) {
  EdgeRollout route = TwoSlots(1, 1, 0);
  route.back_slot = 0;
  const auto taken = TurnBack(route, kOrder, kAllUp);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->kind, TakenBack::Kind::kPredecessor);
  EXPECT_EQ(RouteText(route), "1007:0:0:0");
}

TEST(TurnBack, ASecondTimeChangesNothingButTheReason) {
  EdgeRollout route = TwoSlots(0, 1, 200);
  ASSERT_TRUE(TurnBack(route, kOrder, kAllUp));
  EdgeRollout again = route;
  ByHandOrder later = kOrder;
  later.reason = "it was slow";
  const auto taken = TurnBack(again, later, kAllUp);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->kind, TakenBack::Kind::kAlready);
  EXPECT_EQ(again.by_hand->reason, "it was slow");
  again.by_hand->reason.clear();
  EXPECT_EQ(again, route);
}

TEST(TurnBack, NeverPointsAtASlotWhereNobodyAnswers) {
  for (const bool baking : {false, true}) {
    EdgeRollout route = baking ? TwoSlots(1, 1, 0) : TwoSlots(0, 1, 200);
    route.back_slot = baking ? 0 : -1;
    const EdgeRollout before = route;
    const auto taken = TurnBack(route, kOrder, {InstanceId("v2-0")});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
    EXPECT_EQ(route, before);
  }
}

TEST(TurnBack, ACanaryThatWasGivenUpIsNoPredecessor) {
  // Its servers are still listed for the requests that they have.
  EdgeRollout route = TwoSlots(0, 0, 0);
  const auto taken = TurnBack(route, kOrder, kAllUp);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("no version before it stands by"));
}

}  // namespace
}  // namespace tuesday::haproxy
