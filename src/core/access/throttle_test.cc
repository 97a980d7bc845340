// SPDX-License-Identifier: Apache-2.0
#include "core/access/throttle.h"

#include <gtest/gtest.h>

namespace tuesday::access {
namespace {

const Instant kStart = Instant(std::chrono::hours(1));

TEST(LoginThrottle, HoldsOneAddressAndNoOther) {
  LoginThrottle throttle(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(throttle.MustWait("10.0.0.1", kStart).has_value()) << i;
    throttle.Failed("10.0.0.1", kStart);
  }
  EXPECT_EQ(throttle.MustWait("10.0.0.1", kStart + std::chrono::seconds(20)), std::chrono::seconds(40));
  EXPECT_FALSE(throttle.MustWait("10.0.0.2", kStart).has_value());
  EXPECT_FALSE(throttle.MustWait("10.0.0.1", kStart + kLoginWindow).has_value());
}

TEST(LoginThrottle, RemembersABoundedNumberOfAddresses) {
  LoginThrottle throttle;
  for (std::size_t i = 0; i < kAddressesMax + 10; ++i) throttle.Failed(std::to_string(i), kStart + std::chrono::nanoseconds(i));
  EXPECT_EQ(throttle.size(), kAddressesMax);
  throttle.Failed("later", kStart + 2 * kLoginWindow);
  EXPECT_EQ(throttle.size(), 1U);
}

TEST(RefusalBudget, WritesSomeAndCountsTheRest) {
  RefusalBudget budget;
  for (int i = 0; i < kRefusalsWrittenMax; ++i) EXPECT_EQ(budget.Take(kStart), 0U);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(budget.Take(kStart).has_value());
  EXPECT_EQ(budget.Take(kStart + kRefusalWindow), 5U);
  EXPECT_EQ(budget.Take(kStart + kRefusalWindow), 0U);
}

}  // namespace
}  // namespace tuesday::access
