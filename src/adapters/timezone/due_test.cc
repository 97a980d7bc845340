// SPDX-License-Identifier: Apache-2.0
// When schedules are due around changes of real zones, next to a loop that looks at the clock every minute.
#include "core/calendar/due.h"

#include <gtest/gtest.h>

#include <random>

#include "adapters/timezone/system_time_zones.h"

namespace tuesday {
namespace {

using calendar::Cron;
using calendar::SysSeconds;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::operator""y;

using LocalMinutes = std::chrono::local_time<minutes>;

bool Matches(const Cron& cron, LocalMinutes minute) {
  const auto day = floor<days>(minute);
  const auto time = std::chrono::hh_mm_ss(minute - day);
  return cron.minutes[static_cast<std::size_t>(time.minutes().count())] &&
         cron.hours[static_cast<std::size_t>(time.hours().count())] && cron.MatchesDay(std::chrono::year_month_day(day));
}

// Somebody who looks at the clock every minute: what it shows for the first time, and what it jumped over, is due.
std::vector<WallTime> Watch(const Cron& cron, SysSeconds from, SysSeconds until, const calendar::TimeZone& zone) {
  std::vector<WallTime> due;
  calendar::ZonePeriod period = zone.PeriodAt(from);
  const auto shown_at = [&](SysSeconds now) {
    if (now >= period.end || now < period.begin) period = zone.PeriodAt(now);
    return floor<minutes>(std::chrono::local_time<calendar::Seconds>(now.time_since_epoch() + period.offset));
  };
  LocalMinutes last = shown_at(from);
  // What clocks have shown before `from` in the same hour of autumn.
  for (SysSeconds before = from - days(2); before < from; before += minutes(1)) last = std::max(last, shown_at(before));
  last = std::max(last, shown_at(from));
  for (SysSeconds now = from + minutes(1); now <= until; now += minutes(1)) {
    const LocalMinutes shown = shown_at(now);
    bool matches = false;
    for (; last < shown; last += minutes(1)) matches |= Matches(cron, last + minutes(1));
    if (matches) due.emplace_back(now);
  }
  return due;
}

std::string RandomCron(std::mt19937& random) {
  static const std::vector<std::string> kMinutes = {"*", "0", "30", "*/15", "59", "5,35", "1-10/3", "15"};
  static const std::vector<std::string> kHours = {"*", "0", "1", "2", "3", "23", "1-3", "*/2", "0-4"};
  static const std::vector<std::string> kDays = {"*", "*", "*", "1", "25-31", "*/2"};
  static const std::vector<std::string> kWeekdays = {"*", "*", "SUN", "1-5", "SAT,SUN"};
  const auto pick = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
  return pick(kMinutes) + " " + pick(kHours) + " " + pick(kDays) + " * " + pick(kWeekdays);
}

TEST(Due, IsTheFirstMinuteThatSomebodyWithAClockWouldSee) {
  std::mt19937 random(2026);  // NOLINT: the same in every run.
  int windows = 0;
  int jumps = 0;
  for (const char* name : {"Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Nuuk",
                           "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu"}) {
    const auto zone = SystemTimeZones().Find(name);
    ASSERT_TRUE(zone.has_value()) << zone.error().message;
    SysSeconds change = sys_days(2008y / 1 / 1);
    while (change < sys_days(2042y / 1 / 1)) {
      const std::string text = RandomCron(random);
      const Cron cron = calendar::ReadCron(text).value();
      const SysSeconds from = floor<minutes>(change) - days(1) - minutes(random() % 720);
      const SysSeconds until = from + days(2) + minutes(random() % 720);
      const std::vector<WallTime> seen = Watch(cron, from, until, **zone);
      const calendar::DueTimes due = calendar::DueBetween(cron, from, until, **zone, 10'000);
      ASSERT_EQ(due.times, seen) << text << " in " << name << " from " << WallText(from) << " until " << WallText(until);
      for (std::size_t i = 1; i < 3 && i < seen.size(); ++i) {
        EXPECT_EQ(calendar::NextAfter(cron, seen[i] - std::chrono::milliseconds(1), **zone), seen[i]) << text;
        EXPECT_GT(calendar::NextAfter(cron, seen[i], **zone), seen[i]) << text;
      }
      ++windows;
      jumps += (*zone)->PeriodAt(change).begin == change;
      change = std::min((*zone)->PeriodAt(change).end, change + days(200));
    }
  }
  EXPECT_GT(windows, 700);
  EXPECT_GT(jumps, 400);
}

}  // namespace
}  // namespace tuesday
