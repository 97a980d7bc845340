// SPDX-License-Identifier: Apache-2.0
#include "adapters/clock/system_clock.h"

#include <gtest/gtest.h>
#include <time.h>

namespace tuesday {
namespace {

TEST(SystemClock, CountsTheBootClockAndNeverGoesBack) {
  const SystemClock clock;
  timespec before{};
  ::clock_gettime(CLOCK_BOOTTIME, &before);
  const Instant first = clock.Now();
  const Instant second = clock.Now();
  EXPECT_GE(first.time_since_epoch(), std::chrono::seconds(before.tv_sec) + std::chrono::nanoseconds(before.tv_nsec));
  EXPECT_GE(second, first);
}

TEST(SystemClock, TwoClocksOfOneBootAgreeOnItsId) {
  EXPECT_EQ(SystemClock().BootId().size(), 36u);
  EXPECT_EQ(SystemClock().BootId(), SystemClock().BootId());
}

TEST(SystemClock, WallTimeIsAfterThisWasWritten) {
  EXPECT_GT(SystemClock().Wall(), WallTime(std::chrono::milliseconds(1'700'000'000'000)));
}

}  // namespace
}  // namespace tuesday
