// SPDX-License-Identifier: Apache-2.0
// The rule by which a zone's clocks change every year, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3". Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "core/calendar/zone.h"

namespace tuesday::calendar {

// A day of the year and a time of that day, which may be days away.
struct YearlyMoment {
  enum class Form { kMonthWeekDay, kDayWithoutLeap, kDay } form = Form::kMonthWeekDay;
  int month = 1;
  int week = 1;  // 5 is the last.
  int day = 0;   // A weekday, 0 for Sunday; else the day of the year, from 1 without leap days and from 0 with them.
  Seconds time = std::chrono::hours(2);
};

struct SummerTime {
  Seconds offset{};
  YearlyMoment begin;
  YearlyMoment end;
};

struct PosixRule {
  Seconds standard{};
  std::optional<SummerTime> summer;

  ZonePeriod PeriodAt(SysSeconds instant) const;
};

// POSIX.1-2024, TZ, with the hours of RFC 9636, 3.3.2 (-167 to 167). Summer time needs its two moments.
Result<PosixRule> ParsePosixRule(std::string_view text);

}  // namespace tuesday::calendar
