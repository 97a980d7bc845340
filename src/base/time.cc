// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace tuesday {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr std::array<Unit, 4> kPeopleUnits = {Unit{"d", hours(24)}, Unit{"h", hours(1)}, Unit{"m", minutes(1)},
                                              Unit{"s", seconds(1)}};

constexpr std::array<Unit, 8> kGoUnits = {Unit{"ns", Duration(1)},
                                          Unit{"us", Duration(1'000)},
                                          Unit{"\xc2\xb5s", Duration(1'000)},
                                          Unit{"\xce\xbcs", Duration(1'000)},
                                          Unit{"ms", milliseconds(1)},
                                          Unit{"s", seconds(1)},
                                          Unit{"m", minutes(1)},
                                          Unit{"h", hours(1)}};

constexpr std::array<Unit, 7> kPromUnits = {Unit{"y", hours(24 * 365)}, Unit{"w", hours(24 * 7)}, Unit{"d", hours(24)},
                                            Unit{"h", hours(1)},        Unit{"m", minutes(1)},    Unit{"s", seconds(1)},
                                            Unit{"ms", milliseconds(1)}};

std::unexpected<Error> BadDuration(std::string_view text) {
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not a duration.", text), "Write for example 30s, 5m or 1h30m.");
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t CountWhile(std::string_view text, bool (*predicate)(char)) {
  std::size_t n = 0;
  while (n < text.size() && predicate(text[n])) ++n;
  return n;
}

}  // namespace

WallTime ClockJoin::ToWall(Instant instant) const { return wall + duration_cast<milliseconds>(instant - boot); }

Instant ClockJoin::ToBoot(WallTime time) const { return boot + (time - wall); }

std::string DurationText(Duration duration) {
  if (duration < Duration::zero()) return "-" + DurationText(-duration);
  if (duration == Duration::zero()) return "0s";
  if (duration < seconds(1)) {
    const double ms = static_cast<double>(duration.count()) / 1e6;
    return fmt::format("{:.3g}ms", ms);
  }
  for (std::size_t i = 0; i < kPeopleUnits.size(); ++i) {
    const auto [name, length] = kPeopleUnits[i];
    if (duration < length) continue;
    std::string text = fmt::format("{}{}", duration / length, name);
    const Duration rest = duration % length;
    if (i + 1 < kPeopleUnits.size() && rest >= kPeopleUnits[i + 1].length) {
      text += fmt::format("{}{}", rest / kPeopleUnits[i + 1].length, kPeopleUnits[i + 1].name);
    }
    return text;
  }
  return "0s";
}

Result<Duration> ParseGoDuration(std::string_view text) {
  const std::string_view whole = text;
  if (text == "0") return Duration::zero();
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return BadDuration(whole);
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = CountWhile(text, [](char c) { return IsDigit(c) || c == '.'; });
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
    if (digits == 0 || error != std::errc() || end != text.data() + digits) return BadDuration(whole);
    text.remove_prefix(digits);
    const std::size_t letters = CountWhile(text, [](char c) { return !IsDigit(c) && c != '.'; });
    const std::string_view unit = text.substr(0, letters);
    text.remove_prefix(letters);
    const Unit* found = nullptr;
    for (const Unit& candidate : kGoUnits) {
      if (candidate.name == unit) found = &candidate;
    }
    if (found == nullptr) return BadDuration(whole);
    total += number * static_cast<double>(found->length.count());
  }
  if (!(total < 9.2e18)) return BadDuration(whole);
  const auto count = static_cast<Duration::rep>(std::llround(total));
  return Duration(negative ? -count : count);
}

Result<Duration> ParsePromDuration(std::string_view text) {
  const std::string_view whole = text;
  if (text == "0") return Duration::zero();
  if (text.empty()) return BadDuration(whole);
  double total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::size_t digits = CountWhile(text, IsDigit);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (digits == 0 || error != std::errc() || end != text.data() + digits) return BadDuration(whole);
    text.remove_prefix(digits);
    const std::size_t letters = CountWhile(text, [](char c) { return !IsDigit(c); });
    const std::string_view unit = text.substr(0, letters);
    text.remove_prefix(letters);
    while (next_unit < kPromUnits.size() && kPromUnits[next_unit].name != unit) ++next_unit;
    if (next_unit == kPromUnits.size()) return BadDuration(whole);
    total += static_cast<double>(number) * static_cast<double>(kPromUnits[next_unit].length.count());
    ++next_unit;
  }
  if (!(total < 9.2e18)) return BadDuration(whole);
  return Duration(static_cast<Duration::rep>(std::llround(total)));
}

std::string WallText(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<WallTime> ParseWall(std::string_view text) {
  const auto bad = [&] {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not a time.", text), "Write for example 2026-11-24T14:00:00Z.");
  };
  const auto number = [&](std::size_t at, std::size_t length) -> int {
    int value = 0;
    if (at + length > text.size()) return -1;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && end == text.data() + at + length ? value : -1;
  };
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':') {
    return bad();
  }
  const std::array<int, 6> parts = {number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2)};
  for (const int part : parts) {
    if (part < 0) return bad();
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return bad();
  WallTime time = std::chrono::sys_days(date) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]);
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    const std::size_t digits = CountWhile(text.substr(at + 1), IsDigit);
    int scale = 100;
    for (std::size_t i = 0; i < digits && i < 3; ++i, scale /= 10) time += milliseconds((text[at + 1 + i] - '0') * scale);
    if (digits == 0) return bad();
    at += 1 + digits;
  }
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z") return time;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return bad();
  const int zone_hours = number(at + 1, 2);
  const int zone_minutes = number(at + 4, 2);
  if (zone_hours < 0 || zone_minutes < 0) return bad();
  const milliseconds offset = hours(zone_hours) + minutes(zone_minutes);
  return zone[0] == '+' ? time - offset : time + offset;
}

}  // namespace tuesday
