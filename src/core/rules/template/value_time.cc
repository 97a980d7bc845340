// SPDX-License-Identifier: Apache-2.0
// Times and durations as Go prints them. Always UTC: a template has no other zone.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "core/rules/template/value.h"

namespace tuesday::rules::text {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                      "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

struct Civil {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned weekday = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t nanosecond = 0;
};

Civil CivilOf(std::int64_t nanoseconds) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(nanoseconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          std::chrono::weekday(day).c_encoding(),
          clock.hours().count(),
          clock.minutes().count(),
          clock.seconds().count(),
          clock.subseconds().count()};
}

// ".128" without trailing zeros, or "" for a whole second.
std::string Fraction(std::int64_t nanosecond) {
  if (nanosecond == 0) return "";
  std::string text = fmt::format(".{:09}", nanosecond);
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string TwelveHours(const Civil& at) { return fmt::format("{}", at.hour % 12 == 0 ? 12 : at.hour % 12); }

// What one piece of a layout prints.
std::string Piece(std::string_view piece, const Civil& at) {
  if (piece == "2006") return fmt::format("{:04}", at.year);
  if (piece == "06") return fmt::format("{:02}", at.year % 100);
  if (piece == "January") return std::string(kMonths[at.month - 1]);
  if (piece == "Jan") return std::string(kMonths[at.month - 1].substr(0, 3));
  if (piece == "01") return fmt::format("{:02}", at.month);
  if (piece == "1") return fmt::format("{}", at.month);
  if (piece == "Monday") return std::string(kDays[at.weekday]);
  if (piece == "Mon") return std::string(kDays[at.weekday].substr(0, 3));
  if (piece == "02") return fmt::format("{:02}", at.day);
  if (piece == "_2") return fmt::format("{:2}", at.day);
  if (piece == "2") return fmt::format("{}", at.day);
  if (piece == "15") return fmt::format("{:02}", at.hour);
  if (piece == "03") return fmt::format("{:0>2}", TwelveHours(at));
  if (piece == "3") return TwelveHours(at);
  if (piece == "04") return fmt::format("{:02}", at.minute);
  if (piece == "4") return fmt::format("{}", at.minute);
  if (piece == "05") return fmt::format("{:02}", at.second);
  if (piece == "5") return fmt::format("{}", at.second);
  if (piece == "PM") return at.hour >= 12 ? "PM" : "AM";
  if (piece == "pm") return at.hour >= 12 ? "pm" : "am";
  if (piece == "MST") return "UTC";
  if (piece == "Z07:00" || piece == "Z0700") return "Z";
  if (piece == "-07:00") return "+00:00";
  if (piece == "-0700") return "+0000";
  if (piece.starts_with(".0")) return fmt::format(".{:09}", at.nanosecond).substr(0, piece.size());
  return Fraction(at.nanosecond);  // ".999999999"
}

constexpr std::array<std::string_view, 29> kPieces = {
    "2006",       "January", "Jan",  "Monday",     "Mon",  "MST", "Z07:00", "Z0700", "-07:00", "-0700",
    ".000000000", ".000000", ".000", ".999999999", ".999", "01",  "02",     "03",    "04",     "05",
    "06",         "15",      "_2",   "PM",         "pm",   "1",   "2",      "3",     "4"};

}  // namespace

std::string FormatTime(std::int64_t nanoseconds, std::string_view layout) {
  const Civil at = CivilOf(nanoseconds);
  std::string text;
  while (!layout.empty()) {
    std::string_view found;
    for (const std::string_view piece : kPieces) {
      if (layout.starts_with(piece)) {
        found = piece;
        break;
      }
    }
    if (found.empty() && layout.front() == '5') found = layout.substr(0, 1);
    if (found.empty()) {
      text += layout.front();
      layout.remove_prefix(1);
      continue;
    }
    text += Piece(found, at);
    layout.remove_prefix(found.size());
  }
  return text;
}

std::string PrintTime(std::int64_t nanoseconds) {
  const Civil at = CivilOf(nanoseconds);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} +0000 UTC", at.year, at.month, at.day, at.hour, at.minute,
                     at.second, Fraction(at.nanosecond));
}

std::string PrintDuration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const std::string sign = nanoseconds < 0 ? "-" : "";
  const std::uint64_t size =
      nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  for (const auto& [unit, name] : {std::pair<std::uint64_t, std::string_view>{1, "ns"}, {1'000, "µs"}, {1'000'000, "ms"}}) {
    if (size < unit * 1000) return sign + fmt::format("{}{}", static_cast<double>(size) / static_cast<double>(unit), name);
  }
  const std::uint64_t seconds = size / 1'000'000'000;
  std::string text = fmt::format("{}{}s", seconds % 60, Fraction(static_cast<std::int64_t>(size % 1'000'000'000)));
  if (seconds >= 60) text = fmt::format("{}m", seconds / 60 % 60) + text;
  if (seconds >= 3600) text = fmt::format("{}h", seconds / 3600) + text;
  return sign + text;
}

}  // namespace tuesday::rules::text
