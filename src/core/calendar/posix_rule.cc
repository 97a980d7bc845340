// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/posix_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace tuesday::calendar {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr int kHoursMax = 167;
constexpr int kYearMax = 32'000;  // Far within what calendars of the standard library hold.

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "CET", "<-03>".
  bool TakeName() {
    std::size_t end = 0;
    if (Take('<')) {
      end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    while (end < rest_.size() && is_letter(rest_[end])) ++end;
    rest_.remove_prefix(end);
    return end >= 3;
  }

  std::optional<int> TakeNumber(int min, int max) {
    int number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (rest_.starts_with('-') || error != std::errc() || number < min || number > max) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number;
  }

  // "[+-]hh[:mm[:ss]]".
  std::optional<Seconds> TakeTime() {
    const bool is_negative = Take('-');
    if (!is_negative) Take('+');
    const std::optional<int> hour = TakeNumber(0, kHoursMax);
    const std::optional<int> minute = hour && Take(':') ? TakeNumber(0, 59) : std::optional(0);
    const std::optional<int> second = minute && Take(':') ? TakeNumber(0, 59) : std::optional(0);
    if (!hour || !minute || !second) return std::nullopt;
    const Seconds time = hours(*hour) + minutes(*minute) + Seconds(*second);
    return is_negative ? -time : time;
  }

  // "M3.5.0/3", "J79/24", "0/0".
  std::optional<YearlyMoment> TakeMoment() {
    YearlyMoment moment;
    if (Take('M')) {
      const std::optional<int> month = TakeNumber(1, 12);
      const std::optional<int> week = month && Take('.') ? TakeNumber(1, 5) : std::nullopt;
      const std::optional<int> day = week && Take('.') ? TakeNumber(0, 6) : std::nullopt;
      if (!day) return std::nullopt;
      moment = {YearlyMoment::Form::kMonthWeekDay, *month, *week, *day};
    } else {
      const bool without_leap = Take('J');
      const std::optional<int> day = without_leap ? TakeNumber(1, 365) : TakeNumber(0, 365);
      if (!day) return std::nullopt;
      moment.form = without_leap ? YearlyMoment::Form::kDayWithoutLeap : YearlyMoment::Form::kDay;
      moment.day = *day;
    }
    if (Take('/')) {
      const std::optional<Seconds> time = TakeTime();
      if (!time) return std::nullopt;
      moment.time = *time;
    }
    return moment;
  }

 private:
  std::string_view rest_;
};

LocalSeconds LocalOf(const YearlyMoment& moment, std::chrono::year year) {
  sys_days day = year / std::chrono::January / 1;
  if (moment.form == YearlyMoment::Form::kMonthWeekDay) {
    const std::chrono::month month(static_cast<unsigned>(moment.month));
    const std::chrono::weekday weekday(static_cast<unsigned>(moment.day));
    day = moment.week == 5 ? sys_days(year / month / weekday[std::chrono::last])
                           : sys_days(year / month / weekday[static_cast<unsigned>(moment.week)]);
  } else if (moment.form == YearlyMoment::Form::kDay) {
    day += days(moment.day);
  } else {
    day += days(moment.day - (year.is_leap() && moment.day >= 60 ? 0 : 1));
  }
  return LocalSeconds(day.time_since_epoch()) + moment.time;
}

struct Change {
  SysSeconds at;
  Seconds offset;  // From here on.
};

}  // namespace

ZonePeriod PosixRule::PeriodAt(SysSeconds instant) const {
  if (!summer) return {.offset = standard};
  const int year = static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(instant)).year());
  if (year < -kYearMax || year > kYearMax) return {.offset = standard};
  std::vector<Change> changes;
  for (int y = year - 2; y <= year + 2; ++y) {
    const auto begin = LocalOf(summer->begin, std::chrono::year(y)).time_since_epoch() - standard;
    const auto end = LocalOf(summer->end, std::chrono::year(y)).time_since_epoch() - summer->offset;
    changes.push_back({SysSeconds(begin), summer->offset});
    changes.push_back({SysSeconds(end), standard});
  }
  // Where summer lasts all year its end and its next begin are the same moment, in this order.
  std::ranges::sort(changes, {}, [&](const Change& change) { return std::pair(change.at, change.offset != standard); });
  const auto next = std::ranges::upper_bound(changes, instant, {}, &Change::at);
  const Change& last = *std::prev(next);
  return {.begin = last.at, .end = next->at, .offset = last.offset};
}

Result<PosixRule> ParsePosixRule(std::string_view text) {
  const auto refuse = [&] { return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no rule of a time zone.", text)); };
  Reader reader(text);
  PosixRule rule;
  if (!reader.TakeName()) return refuse();
  const std::optional<Seconds> standard = reader.TakeTime();
  if (!standard) return refuse();
  rule.standard = -*standard;  // POSIX counts to the west.
  if (reader.at_end()) return rule;
  SummerTime& summer = rule.summer.emplace();
  if (!reader.TakeName()) return refuse();
  summer.offset = rule.standard + hours(1);
  if (!reader.Take(',')) {
    const std::optional<Seconds> offset = reader.TakeTime();
    if (!offset || !reader.Take(',')) return refuse();
    summer.offset = -*offset;
  }
  const std::optional<YearlyMoment> begin = reader.TakeMoment();
  const std::optional<YearlyMoment> end = begin && reader.Take(',') ? reader.TakeMoment() : std::nullopt;
  if (!end || !reader.at_end()) return refuse();
  summer.begin = *begin;
  summer.end = *end;
  return rule;
}

}  // namespace tuesday::calendar
