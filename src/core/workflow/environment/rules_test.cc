// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/environment/rules.h"

#include <gmock/gmock.h>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

WallTime At(const char* text) { return ParseWall(text).value(); }

TEST(Window, IsWeekdaysAndHours) {
  const auto window = ParseWindow("Mon-Thu,Sat 09:00-16:30");
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->weekdays.to_string(), "1011110");
  EXPECT_EQ(window->from, std::chrono::hours(9));
  EXPECT_EQ(window->until, std::chrono::hours(16) + std::chrono::minutes(30));
  EXPECT_TRUE(ParseWindow("00:00-24:00")->weekdays.all());
  EXPECT_EQ(ParseWindow("Fri-Mon 09:00-10:00")->weekdays.to_string(), "1100011");
}

TEST(Window, RefusesWhatItCannotMean) {
  for (const char* text : {"", "Mon", "Mon 9:00-10:00", "Mon 10:00-09:00", "Mon 10:00-10:00", "Mon 10:00-25:00",
                           "Montag 10:00-11:00", "Mon 10:61-11:00", "Mon,", "Mon  10:00-11:00", "-1:00-11:00"})
    EXPECT_FALSE(ParseWindow(text).has_value()) << text;
}

TEST(Opening, IsNowOrTheNextOne) {
  EnvironmentRules rules{.windows = {"Mon-Fri 09:00-16:00", "Sat 10:00-11:00"}};
  const calendar::Utc utc;
  EXPECT_TRUE(OpeningAt(rules, utc, At("2026-11-24T09:00:00Z")).is_open);
  EXPECT_TRUE(OpeningAt(rules, utc, At("2026-11-24T15:59:59Z")).is_open);
  const Opening evening = OpeningAt(rules, utc, At("2026-11-24T16:00:00Z"));
  EXPECT_FALSE(evening.is_open);
  EXPECT_EQ(evening.opens_at, At("2026-11-25T09:00:00Z"));
  EXPECT_EQ(OpeningAt(rules, utc, At("2026-11-27T17:00:00Z")).opens_at, At("2026-11-28T10:00:00Z"));
  EXPECT_EQ(OpeningAt(rules, utc, At("2026-11-28T12:00:00Z")).opens_at, At("2026-11-30T09:00:00Z"));
  rules.windows = {"Tue 09:00-10:00"};
  EXPECT_EQ(OpeningAt(rules, utc, At("2026-11-24T10:00:00Z")).opens_at, At("2026-12-01T09:00:00Z"));
  EXPECT_TRUE(OpeningAt({}, utc, At("2026-11-24T03:00:00Z")).is_open);
}

TEST(EnvironmentRules, TakeRefsByTheirPatterns) {
  const EnvironmentRules rules{.branches = {"main", "release/*"}, .tags = {"v*"}};
  EXPECT_TRUE(TakesRef(rules, "refs/heads/main"));
  EXPECT_TRUE(TakesRef(rules, "refs/heads/release/2"));
  EXPECT_FALSE(TakesRef(rules, "refs/heads/release/2/x"));
  EXPECT_FALSE(TakesRef(rules, "refs/pull/7/merge"));
  EXPECT_TRUE(TakesRef(rules, "refs/tags/v1"));
  EXPECT_FALSE(TakesRef(rules, "refs/tags/main"));
  EXPECT_TRUE(TakesRef({}, "refs/pull/7/merge"));
  EXPECT_FALSE(TakesRef({.tags = {"v*"}}, "refs/heads/v1"));
}

TEST(EnvironmentRules, TellAllTheirMistakes) {
  EXPECT_THAT(MistakesIn({.reviewers = {"ada"}, .reviews_needed = 1, .windows = {"Mon 09:00-10:00"}}), IsEmpty());
  EXPECT_THAT(MistakesIn({.reviewers = {"ada"}, .reviews_needed = 2, .wait = std::chrono::hours(24 * 31), .windows = {"noon"}}),
              ElementsAre(HasSubstr("can never be"), HasSubstr("30 days"), HasSubstr("\"noon\" is no window")));
  EXPECT_THAT(MistakesIn({.reviewers = {"ada"}}), ElementsAre(HasSubstr("no review is needed")));
}

}  // namespace
}  // namespace tuesday::workflow
