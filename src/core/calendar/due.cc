// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/due.h"

namespace tuesday::calendar {
namespace {

using std::chrono::ceil;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;

using LocalMinutes = std::chrono::local_time<minutes>;

// A 29th of February is at most 8 years away (2096 to 2104): what is not due until then never is.
constexpr days kSearchMax{366 * 9};

// The first minute from `from` on, which is on the day of `day`, that is due by its hour and minute.
std::optional<LocalMinutes> FirstOnDay(const Cron& cron, local_days day, LocalMinutes from) {
  const minutes begin = from > day ? from - LocalMinutes(day) : minutes(0);
  for (int hour = static_cast<int>(floor<hours>(begin).count()); hour < 24; ++hour) {
    if (!cron.hours[static_cast<std::size_t>(hour)]) continue;
    for (std::size_t minute = 0; minute < cron.minutes.size(); ++minute) {
      const minutes time = hours(hour) + minutes(minute);
      if (cron.minutes[minute] && time >= begin) return day + time;
    }
  }
  return std::nullopt;
}

std::optional<LocalMinutes> FirstFrom(const Cron& cron, LocalMinutes from) {
  const auto begin = floor<days>(from);
  for (local_days day = begin; day <= begin + kSearchMax; day += days(1)) {
    if (!cron.MatchesDay(std::chrono::year_month_day(day))) continue;
    if (const auto minute = FirstOnDay(cron, day, from)) return minute;
  }
  return std::nullopt;
}

}  // namespace

std::optional<WallTime> NextAfter(const Cron& cron, WallTime after, const TimeZone& zone) {
  LocalMinutes from = floor<minutes>(LocalAt(zone, floor<Seconds>(after)));
  // What clocks show before is due before; what they show twice, or jump over, may be too.
  while (const auto minute = FirstFrom(cron, from)) {
    const SysSeconds due = FirstInstantOf(zone, *minute);
    if (due > after) return due;
    from = *minute + minutes(1);
  }
  return std::nullopt;
}

DueTimes DueBetween(const Cron& cron, WallTime after, WallTime until, const TimeZone& zone, std::size_t times_max) {
  DueTimes due;
  while (const auto next = NextAfter(cron, due.times.empty() ? after : due.times.back(), zone)) {
    if (*next > until) break;
    if (due.times.size() == times_max) {
      due.has_more = true;
      break;
    }
    due.times.push_back(*next);
  }
  return due;
}

}  // namespace tuesday::calendar
