// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/environments.h"

#include <gtest/gtest.h>

namespace tuesday::runs {
namespace {

const WallTime kAt = ParseWall("2026-11-24T14:00:00Z").value();

TEST(Environments, ComeBackAsTheyWereStored) {
  EnvironmentRecord record{
      .repository = "shop", .ns = "default", .name = "Production", .changed_at = kAt, .changed_by = "root"};
  record.rules = {.reviewers = {"ada"},
                  .reviews_needed = 1,
                  .wait = std::chrono::minutes(5),
                  .branches = {"main"},
                  .windows = {"Mon 09:00-10:00"},
                  .time_zone = "Europe/Vienna",
                  .freeze = workflow::Freeze{"fair", "bob", kAt},
                  .deploys_to = {"production"}};
  EXPECT_EQ(DecodeEnvironment(Encode(record)), record);
  EXPECT_EQ(KeyOf(record), "shop/production");
}

TEST(Deployments, ComeBackWithTheirReviewsAndStandInTheOrderOfTheirRuns) {
  DeploymentRecord record{.repository = "shop",
                          .ns = "default",
                          .environment = "Production",
                          .run = "9",
                          .leg = "deploy",
                          .sha = "abc",
                          .status = DeploymentStatus::kSuccess,
                          .asked_at = kAt,
                          .ended_at = kAt};
  record.reviews = {{.run = "9", .environment = "production", .sha = "abc", .by = "ada", .approves = true, .at = kAt}};
  EXPECT_EQ(DecodeDeployment(Encode(record)), record);
  EXPECT_EQ(DecodeReview(Encode(record.reviews[0])), record.reviews[0]);
  DeploymentRecord later = record;
  later.run = "10";
  EXPECT_LT(KeyOf(record), KeyOf(later));
}

}  // namespace
}  // namespace tuesday::runs
