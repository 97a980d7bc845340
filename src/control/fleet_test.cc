// SPDX-License-Identifier: Apache-2.0
#include "control/fleet.h"

#include <gmock/gmock.h>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using testing::FleetBench;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Fleet, DeploysTheFirstVersionAtOnce) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  EXPECT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  EXPECT_THAT(bench.RouteText(), ::testing::HasSubstr("stable v1"));
}

TEST(Fleet, PromotesAHealthyVersionThroughItsSteps) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v2")));
  EXPECT_TRUE(bench.RunUntilStable("v2", minutes(10)));
}

TEST(Fleet, TakesBackAFaultyVersion) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v3")));
  bench.FailVersion("v3");
  EXPECT_TRUE(bench.RunUntilAborted(minutes(10)));
  EXPECT_EQ(bench.CanaryPermille(), 0);
}

}  // namespace
}  // namespace tuesday::control
