// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/open_requests.h"

#include <gtest/gtest.h>

namespace tuesday::control {
namespace {

const RolloutName kName{Namespace("default"), "api"};
const InstanceId kCanary("api-c-0");

EdgeSeen Seen(std::int64_t total, std::int64_t open, std::int64_t process = 7) {
  EdgeSeen seen;
  seen.process = process;
  seen.servers[kName] = {{.instance = kCanary, .slot = 1, .up = true, .open = open, .queued = 0, .total = total}};
  return seen;
}

TEST(OpenRequests, OfACanaryThatAnswersNothingHangs) {
  OpenRequests requests;
  for (int s = 0; s <= 10; ++s) requests.OnEdge(Seen(10 * s, 10 * s), 1'000 * s);
  const auto flow = requests.FlowOf({kCanary}, 0, 4'000);
  ASSERT_TRUE(flow.has_value());
  EXPECT_EQ(flow->begun, 60);
  EXPECT_EQ(flow->ended, 0);
}

TEST(OpenRequests, OfOneThatAnswersHaveAllEnded) {
  OpenRequests requests;
  for (int s = 0; s <= 10; ++s) requests.OnEdge(Seen(10 * s, 3), 1'000 * s);
  const auto flow = requests.FlowOf({kCanary}, 0, 4'000);
  ASSERT_TRUE(flow.has_value());
  EXPECT_GE(flow->ended, flow->begun);
}

TEST(OpenRequests, AreNoEvidenceBeforeTheCutOffIsCovered) {
  OpenRequests requests;
  for (int s = 0; s <= 3; ++s) requests.OnEdge(Seen(10 * s, 10 * s), 1'000 * s);
  EXPECT_FALSE(requests.FlowOf({kCanary}, 0, 4'000).has_value());
}

TEST(OpenRequests, OfAServerThatLeftTheEdgeAndCameBackAreNotHanging) {
  OpenRequests requests;
  for (int s = 0; s <= 10; ++s) requests.OnEdge(Seen(10 * s, 0), 1'000 * s);
  requests.OnEdge(Seen(0, 0), 11'000);
  requests.OnEdge(Seen(4, 1), 12'000);
  const auto flow = requests.FlowOf({kCanary}, 0, 4'000);
  ASSERT_TRUE(flow.has_value());
  EXPECT_EQ(flow->begun, 0);
}

TEST(OpenRequests, BeginAgainWithAnotherProcessOfTheEdge) {
  OpenRequests requests;
  for (int s = 0; s <= 10; ++s) requests.OnEdge(Seen(10 * s, 0), 1'000 * s);
  requests.OnEdge(Seen(1, 1, 8), 11'000);
  EXPECT_FALSE(requests.FlowOf({kCanary}, 0, 4'000).has_value());
}

}  // namespace
}  // namespace tuesday::control
