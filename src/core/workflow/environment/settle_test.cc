// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/environment/settle.h"

#include <gmock/gmock.h>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WallTime kNow = ParseWall("2026-11-24T14:00:00Z").value();

EnvironmentLeg Leg(std::uint64_t number, bool holds = false, const std::string& leg = "deploy") {
  return {.run = std::to_string(number),
          .number = number,
          .leg = leg,
          .ref = "refs/heads/main",
          .actor = "ada",
          .holds = holds,
          .since = kNow};
}

std::vector<LegRuling> Rulings(const EnvironmentOutcome& outcome) {
  std::vector<LegRuling> rulings;
  for (const LegDecision& decision : outcome.legs) rulings.push_back(decision.ruling);
  return rulings;
}

EnvironmentNow Production(EnvironmentRules rules = {}) { return {.name = "production", .rules = std::move(rules)}; }

TEST(SettleEnvironment, LetsTheFirstInWhenThereAreNoRules) {
  EXPECT_THAT(Rulings(SettleEnvironment(Production(), {Leg(7)}, kNow)), ElementsAre(LegRuling::kGranted));
}

TEST(SettleEnvironment, IsOneRunAtATimeAndANewerOneReplacesThoseThatWait) {
  const auto outcome = SettleEnvironment(Production(), {Leg(7, true), Leg(8), Leg(9)}, kNow);
  EXPECT_THAT(Rulings(outcome), ElementsAre(LegRuling::kSuperseded, LegRuling::kWaits));
  EXPECT_THAT(outcome.legs[0].reasons, ElementsAre("run 9 goes to production in its place"));
  EXPECT_THAT(outcome.legs[1].reasons, ElementsAre("run 7 is being released to production"));
}

TEST(SettleEnvironment, AnOlderRunNeverComesInAfterANewerOne) {
  EXPECT_THAT(Rulings(SettleEnvironment(Production(), {Leg(8), Leg(7), Leg(9, true)}, kNow)),
              ElementsAre(LegRuling::kSuperseded, LegRuling::kSuperseded));
  EnvironmentNow released = Production();
  released.released = 9;
  EXPECT_THAT(Rulings(SettleEnvironment(released, {Leg(8), Leg(9), Leg(10)}, kNow)),
              ElementsAre(LegRuling::kSuperseded, LegRuling::kSuperseded, LegRuling::kGranted));
}

TEST(SettleEnvironment, TheJobsOfOneRunComeInTogether) {
  EXPECT_THAT(Rulings(SettleEnvironment(Production(), {Leg(7, true, "a"), Leg(7, false, "b"), Leg(7, false, "c")}, kNow)),
              ElementsAre(LegRuling::kGranted, LegRuling::kGranted));
}

TEST(SettleEnvironment, WaitsForAsManyDifferentPeopleAsAreNeeded) {
  EnvironmentNow environment = Production({.reviewers = {"bob", "eve", "tom"}, .reviews_needed = 2});
  EXPECT_THAT(SettleEnvironment(environment, {Leg(7)}, kNow).legs[0].reasons,
              ElementsAre("2 of 2 reviews are missing; bob, eve, tom may review"));
  environment.reviews = {{.run = "7", .by = "bob", .approves = true},
                         {.run = "7", .by = "bob", .approves = true},
                         {.run = "8", .by = "eve", .approves = true}};
  EXPECT_EQ(SettleEnvironment(environment, {Leg(7)}, kNow).legs[0].reviews_missing, 1);
  environment.reviews.push_back({.run = "7", .by = "eve", .approves = true});
  EXPECT_THAT(Rulings(SettleEnvironment(environment, {Leg(7)}, kNow)), ElementsAre(LegRuling::kGranted));
}

TEST(SettleEnvironment, ARejectionIsTheEnd) {
  EnvironmentNow environment = Production({.reviewers = {"bob", "eve"}, .reviews_needed = 1});
  environment.reviews = {{.run = "7", .by = "bob", .approves = true},
                         {.run = "7", .by = "eve", .approves = false, .reason = "not today"}};
  const auto outcome = SettleEnvironment(environment, {Leg(7)}, kNow);
  EXPECT_THAT(Rulings(outcome), ElementsAre(LegRuling::kRefused));
  EXPECT_THAT(outcome.legs[0].reasons, ElementsAre("eve rejected it: not today"));
}

TEST(SettleEnvironment, ARunThatNobodyReviewedReplacesNone) {
  const EnvironmentNow environment = [] {
    EnvironmentNow made = Production({.reviewers = {"bob"}, .reviews_needed = 1});
    made.reviews = {{.run = "7", .by = "bob", .approves = true}};
    return made;
  }();
  EXPECT_THAT(Rulings(SettleEnvironment(environment, {Leg(7), Leg(8)}, kNow)),
              ElementsAre(LegRuling::kGranted, LegRuling::kWaits));
}

TEST(SettleEnvironment, WaitsForTimerWindowAndFreezeAndSaysWhenToLookAgain) {
  const EnvironmentNow environment = Production({.wait = std::chrono::minutes(10),
                                                 .windows = {"15:00-16:00"},
                                                 .freeze = Freeze{"the fair", "bob", kNow + std::chrono::hours(3)}});
  const auto outcome = SettleEnvironment(environment, {Leg(7)}, kNow);
  EXPECT_THAT(outcome.legs[0].reasons,
              ElementsAre("the wait timer ends at 2026-11-24T14:10:00.000Z",
                          "no window is open; the next one opens at 2026-11-24T15:00:00.000Z", "bob froze it: the fair"));
  EXPECT_EQ(outcome.wake_at, kNow + std::chrono::minutes(10));
  EXPECT_EQ(SettleEnvironment(environment, {Leg(7)}, kNow + std::chrono::hours(1)).legs[0].reasons.size(), 1U);
}

TEST(SettleEnvironment, AnAdminsBypassSkipsRulesButNotTheOrder) {
  EnvironmentNow environment = Production({.reviewers = {"bob"}, .reviews_needed = 1, .freeze = Freeze{"x", "y", {}}});
  environment.reviews = {{.run = "7", .by = "root", .approves = true, .bypasses = true, .reason = "fire"}};
  EXPECT_THAT(Rulings(SettleEnvironment(environment, {Leg(7)}, kNow)), ElementsAre(LegRuling::kGranted));
  EXPECT_THAT(Rulings(SettleEnvironment(environment, {Leg(6, true), Leg(7)}, kNow)), ElementsAre(LegRuling::kWaits));
}

TEST(SettleEnvironment, RefusesRefsThatItDoesNotTakeAndWhatNobodyReviewsForAMonth) {
  EXPECT_THAT(SettleEnvironment(Production({.branches = {"stable"}}), {Leg(7)}, kNow).legs[0].reasons,
              ElementsAre("the environment production takes no release of refs/heads/main; it takes branches stable"));
  const EnvironmentNow environment = Production({.reviewers = {"bob"}, .reviews_needed = 1});
  EXPECT_EQ(SettleEnvironment(environment, {Leg(7)}, kNow).wake_at, kNow + kReviewPatience);
  EXPECT_THAT(Rulings(SettleEnvironment(environment, {Leg(7)}, kNow + kReviewPatience)), ElementsAre(LegRuling::kRefused));
}

TEST(MayNotReview, IsWhoIsNoReviewerAndWhoBeganIt) {
  EnvironmentRules rules{.reviewers = {"ada", "bob"}, .reviews_needed = 1};
  EXPECT_THAT(MayNotReview(rules, "ada", "eve").value_or(""), HasSubstr("none of the reviewers: ada, bob"));
  EXPECT_THAT(MayNotReview(rules, "ada", "ada").value_or(""), HasSubstr("another than who began it"));
  EXPECT_FALSE(MayNotReview(rules, "ada", "bob").has_value());
  rules.allows_self_review = true;
  EXPECT_FALSE(MayNotReview(rules, "ada", "ada").has_value());
}

}  // namespace
}  // namespace tuesday::workflow
