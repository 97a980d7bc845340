// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/due.h"

#include <gtest/gtest.h>

#include "core/calendar/posix_rule.h"

namespace tuesday::calendar {
namespace {

// A zone by its rule alone: "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleZone : public TimeZone {
 public:
  explicit RuleZone(std::string_view rule) : rule_(ParsePosixRule(rule).value()) {}
  ZonePeriod PeriodAt(SysSeconds instant) const override { return rule_.PeriodAt(instant); }

 private:
  PosixRule rule_;
};

constexpr std::string_view kUtc = "UTC0";
constexpr std::string_view kVienna = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr std::string_view kNewYork = "EST5EDT,M3.2.0,M11.1.0";
constexpr std::string_view kLordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";

struct NextCase {
  std::string name;
  std::string cron;
  std::string_view zone;
  std::string after;
  std::string next;
};

TEST(NextAfter, IsTheFirstTimeThatIsDue) {
  const std::vector<NextCase> cases = {
      {"LaterToday", "30 5 * * *", kUtc, "2026-11-23T05:00:00.000Z", "2026-11-23T05:30:00.000Z"},
      {"NotNowButTomorrow", "30 5 * * *", kUtc, "2026-11-23T05:30:00.000Z", "2026-11-24T05:30:00.000Z"},
      {"AMomentBefore", "30 5 * * *", kUtc, "2026-11-23T05:29:59.999Z", "2026-11-23T05:30:00.000Z"},
      {"OverAYear", "0 0 1 1 *", kUtc, "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"},
      {"LeapDay", "0 0 29 2 *", kUtc, "2026-01-01T00:00:00.000Z", "2028-02-29T00:00:00.000Z"},
      {"LeapDayOverACenturyWithoutOne", "0 0 29 2 *", kUtc, "2096-02-29T00:00:00.000Z", "2104-02-29T00:00:00.000Z"},
      {"Before1970", "0 12 * * *", kUtc, "1969-12-31T13:00:00.000Z", "1970-01-01T12:00:00.000Z"},
      {"LocalTimeInWinter", "30 5 * * *", kNewYork, "2026-01-10T00:00:00.000Z", "2026-01-10T10:30:00.000Z"},
      {"LocalTimeInSummer", "30 5 * * *", kNewYork, "2026-07-10T00:00:00.000Z", "2026-07-10T09:30:00.000Z"},
      {"WeekdayOfTheLocalDay", "0 22 * * SUN", kNewYork, "2026-11-20T00:00:00.000Z", "2026-11-23T03:00:00.000Z"},
      // On the 29th of March 2026 clocks in Vienna jump from 2 to 3 at 01:00 UTC.
      {"SkippedMinuteRunsAtTheJump", "30 2 * * *", kVienna, "2026-03-28T12:00:00.000Z", "2026-03-29T01:00:00.000Z"},
      {"AndTheDayAfterAsUsual", "30 2 * * *", kVienna, "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"},
      {"SkippedMinutesRunOnce", "*/15 2 * * *", kVienna, "2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z"},
      {"TheMinuteOfTheJump", "0 3 * * *", kVienna, "2026-03-28T12:00:00.000Z", "2026-03-29T01:00:00.000Z"},
      // On the 25th of October 2026 they go back from 3 to 2 at 01:00 UTC.
      {"RepeatedMinuteRunsTheFirstTime", "30 2 * * *", kVienna, "2026-10-24T12:00:00.000Z", "2026-10-25T00:30:00.000Z"},
      {"AndNotTheSecond", "30 2 * * *", kVienna, "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"},
      {"AskedBetweenTheTwo", "30 2 * * *", kVienna, "2026-10-25T01:10:00.000Z", "2026-10-26T01:30:00.000Z"},
      {"EveryMinuteWaitsForANewOne", "* * * * *", kVienna, "2026-10-25T00:59:00.000Z", "2026-10-25T02:00:00.000Z"},
      {"HalfAnHourOfSummerTime", "15 2 * * *", kLordHowe, "2026-10-03T12:00:00.000Z", "2026-10-03T15:30:00.000Z"},
  };
  for (const NextCase& c : cases) {
    const auto next = NextAfter(ReadCron(c.cron).value(), ParseWall(c.after).value(), RuleZone(c.zone));
    ASSERT_TRUE(next.has_value()) << c.name;
    EXPECT_EQ(WallText(*next), c.next) << c.name;
  }
}

TEST(NextAfter, IsNothingForADayThatNeverComes) {
  for (const char* cron : {"0 0 30 2 *", "0 0 31 4,6,9,11 *"}) {
    EXPECT_EQ(NextAfter(ReadCron(cron).value(), WallTime(), Utc()), std::nullopt) << cron;
  }
  EXPECT_TRUE(NextAfter(ReadCron("0 0 30 2 MON").value(), WallTime(), Utc()).has_value()) << "Mondays of February are";
}

TEST(DueBetween, HasTheEndAndNotTheBegin) {
  const Cron cron = ReadCron("*/20 * * * *").value();
  const WallTime begin = ParseWall("2026-11-23T05:00:00.000Z").value();
  const WallTime end = ParseWall("2026-11-23T06:00:00.000Z").value();
  const DueTimes all = DueBetween(cron, begin, end, Utc(), 10);
  ASSERT_EQ(all.times.size(), 3U);
  EXPECT_EQ(all.times.front(), begin + std::chrono::minutes(20));
  EXPECT_EQ(all.times.back(), end);
  EXPECT_FALSE(all.has_more);
  const DueTimes some = DueBetween(cron, begin, end, Utc(), 2);
  EXPECT_EQ(some.times.size(), 2U);
  EXPECT_TRUE(some.has_more);
  EXPECT_FALSE(DueBetween(cron, begin, end, Utc(), 3).has_more);
  EXPECT_TRUE(DueBetween(cron, end, begin, Utc(), 10).times.empty());
}

}  // namespace
}  // namespace tuesday::calendar
