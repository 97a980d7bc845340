// SPDX-License-Identifier: Apache-2.0
// A cron expression as GitHub's `on.schedule` takes it: minute, hour, day, month and weekday, with `*`, lists, ranges, steps
// and the names JAN-DEC and SUN-SAT. No seconds, no 7 for Sunday, no `?`, `L`, `W`, `#` and no `@daily`. A value. Pure.
#pragma once

#include <bitset>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::calendar {

struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // 1 to 31.
  std::bitset<13> months;   // 1 to 12.
  std::bitset<7> weekdays;  // 0 is Sunday.
  bool any_day = false;     // The field begins with `*`: then it does not stand for days of its own.
  bool any_weekday = false;

  // Whether it is due on this day. When both days and weekdays are given, one of them is enough (POSIX, crontab; as cron of
  // 1993 a `*/2` counts as not given, and then both fields have to match).
  bool MatchesDay(std::chrono::year_month_day date) const;
};

// What is wrong with an expression. `message` is a sentence; `mend` says what to write.
struct CronMistake {
  std::size_t column = 1;  // Of the expression's text.
  std::string message;
  std::string mend;
};

std::expected<Cron, CronMistake> ReadCron(std::string_view text);

// The same, with the column in the error: for texts that come from nowhere else.
Result<Cron> ParseCron(std::string_view text);

}  // namespace tuesday::calendar
