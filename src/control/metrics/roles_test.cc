// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/roles.h"

#include <gmock/gmock.h>

namespace tuesday::control {
namespace {

using std::chrono::minutes;

constexpr Instant kStart{minutes(100)};
const ClockJoin kJoin{Instant(), WallTime()};

std::int64_t Ms(Instant at) { return kJoin.ToWall(at).time_since_epoch().count(); }

rollout::Attempt AttemptAt(Instant start) {
  rollout::Attempt attempt;
  attempt.revision = RevisionId("bbb");
  attempt.baseline = RevisionId("aaa");
  attempt.started_at = start;
  attempt.step_started_at = start;
  return attempt;
}

TEST(Roles, ACanaryAndItsBaselineAreSeenBesideEachOther) {
  const state::Exposure exposure{.stable_service = "api-stable", .canary_service = "api-canary"};
  const auto rows = RoleRowsOf(AttemptAt(kStart), exposure, kJoin, kStart + minutes(1));
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].service, "api-canary");
  EXPECT_EQ(rows[0].from_ms, Ms(kStart));
  EXPECT_EQ(rows[1].service, "api-stable");
  EXPECT_FALSE(rows[1].canary);
}

TEST(Roles, AfterTheSwitchTheBaselinesLastWindowIsSeenAsIfItWereNow) {
  rollout::Attempt attempt = AttemptAt(kStart);
  attempt.promoted_at = kStart + minutes(5);
  const auto rows = RoleRowsOf(attempt, {}, kJoin, kStart + minutes(8));
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[1].shift_ms, Ms(Instant(minutes(3))));
  EXPECT_EQ(rows[1].to_ms, Ms(kStart + minutes(5)) + 1);
}

TEST(Roles, InBlueGreenTheActiveServiceIsTheNewRevisionsFromTheSwitchOn) {
  const state::Exposure exposure{.stable_service = "active", .canary_service = "preview", .services_swap = true};
  rollout::Attempt attempt = AttemptAt(kStart);
  EXPECT_EQ(RoleRowsOf(attempt, exposure, kJoin, kStart + minutes(1)).size(), 2);
  attempt.switched_at = kStart + minutes(5);
  const auto rows = RoleRowsOf(attempt, exposure, kJoin, kStart + minutes(6));
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[0].service, "preview");
  EXPECT_EQ(rows[1].service, "active");
  EXPECT_EQ(rows[1].from_ms, rows[0].to_ms) << "each sample has one service";
  EXPECT_TRUE(rows[1].canary);
  EXPECT_EQ(rows[2].revision, "aaa");
  EXPECT_EQ(rows[2].service, "preview") << "what the old revision did is not mixed into the new one's";
}

}  // namespace
}  // namespace tuesday::control
