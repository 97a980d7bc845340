// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/environment/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/workflow/trigger/pattern.h"

namespace tuesday::workflow {
namespace {

constexpr auto kWeekdays = std::to_array<std::string_view>({"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"});
constexpr std::string_view kBranchPrefix = "refs/heads/";
constexpr std::string_view kTagPrefix = "refs/tags/";
constexpr int kDaysAhead = 8;  // Every weekday comes once more, whatever the hour is now.

Error BadWindow(std::string_view text) {
  return {ErrorCode::kInvalid, fmt::format("\"{}\" is no window.", text), "Write weekdays and hours: \"Mon-Fri 09:00-16:00\"."};
}

std::optional<int> WeekdayOf(std::string_view name) {
  const auto found = std::ranges::find(kWeekdays, name);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<int>(found - kWeekdays.begin());
}

// "Mon-Fri,Sun"
std::optional<std::bitset<7>> WeekdaysOf(std::string_view text) {
  std::bitset<7> days;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = WeekdayOf(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : WeekdayOf(part.substr(dash + 1));
    if (!first.has_value() || !last.has_value()) return std::nullopt;
    for (int day = *first;; day = (day + 1) % 7) {
      days.set(static_cast<std::size_t>(day));
      if (day == *last) break;
    }
    if (comma == std::string_view::npos) return days;
    text = text.substr(comma + 1);
  }
}

// "09:30"
std::optional<std::chrono::minutes> HourOf(std::string_view text) {
  constexpr std::size_t kLength = 5;
  if (text.size() != kLength || text[2] != ':') return std::nullopt;
  int hours = -1;
  int minutes = -1;
  const auto read = [](std::string_view digits, int& value) {
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return result.ec == std::errc() && result.ptr == digits.data() + digits.size();
  };
  if (!read(text.substr(0, 2), hours) || !read(text.substr(3), minutes)) return std::nullopt;
  const std::chrono::minutes whole = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (hours < 0 || minutes < 0 || minutes > 59 || whole > std::chrono::hours(24)) return std::nullopt;
  return whole;
}

}  // namespace

Result<Window> ParseWindow(std::string_view text) {
  Window window;
  std::string_view hours = text;
  if (const std::size_t space = text.find(' '); space != std::string_view::npos) {
    const auto days = WeekdaysOf(text.substr(0, space));
    if (!days.has_value()) return std::unexpected(BadWindow(text));
    window.weekdays = *days;
    hours = text.substr(space + 1);
  } else {
    window.weekdays.set();
  }
  const std::size_t dash = hours.find('-');
  if (dash == std::string_view::npos) return std::unexpected(BadWindow(text));
  const auto from = HourOf(hours.substr(0, dash));
  const auto until = HourOf(hours.substr(dash + 1));
  if (!from.has_value() || !until.has_value() || *from >= *until) return std::unexpected(BadWindow(text));
  window.from = *from;
  window.until = *until;
  return window;
}

std::vector<std::string> MistakesIn(const EnvironmentRules& rules) {
  std::vector<std::string> mistakes;
  const auto check = [&](bool is_wrong, std::string sentence) {
    if (is_wrong) mistakes.push_back(std::move(sentence));
  };
  const auto needed = static_cast<std::size_t>(std::max(rules.reviews_needed, 0));
  check(rules.reviewers.size() > kReviewersMax, fmt::format("There are more than {} reviewers.", kReviewersMax));
  check(rules.reviews_needed < 0 || needed > rules.reviewers.size(),
        fmt::format("{} reviews of {} reviewers can never be.", rules.reviews_needed, rules.reviewers.size()));
  check(!rules.reviewers.empty() && rules.reviews_needed == 0, "There are reviewers, and no review is needed.");
  check(rules.wait < Duration{} || rules.wait > kEnvironmentWaitMax, "The wait is not between 0 and 30 days.");
  check(rules.branches.size() + rules.tags.size() > kEnvironmentPatternsMax,
        fmt::format("There are more than {} patterns.", kEnvironmentPatternsMax));
  check(rules.windows.size() > kWindowsMax, fmt::format("There are more than {} windows.", kWindowsMax));
  for (const std::string& window : rules.windows) {
    if (const auto read = ParseWindow(window); !read.has_value())
      mistakes.push_back(read.error().message + " " + read.error().hint);
  }
  return mistakes;
}

bool TakesRef(const EnvironmentRules& rules, std::string_view ref) {
  if (rules.branches.empty() && rules.tags.empty()) return true;
  if (ref.starts_with(kBranchPrefix)) return IncludedBy(rules.branches, ref.substr(kBranchPrefix.size()));
  return ref.starts_with(kTagPrefix) && IncludedBy(rules.tags, ref.substr(kTagPrefix.size()));
}

Opening OpeningAt(const EnvironmentRules& rules, const calendar::TimeZone& zone, WallTime now) {
  Opening opening{.is_open = rules.windows.empty(), .opens_at = std::nullopt};
  const calendar::LocalSeconds local = calendar::LocalAt(zone, std::chrono::floor<calendar::Seconds>(now));
  const auto today = std::chrono::floor<std::chrono::days>(local);
  for (const std::string& text : rules.windows) {
    const Window window = ParseWindow(text).value_or(Window{});
    for (int ahead = 0; ahead < kDaysAhead; ++ahead) {
      const auto day = today + std::chrono::days(ahead);
      if (!window.weekdays.test(std::chrono::weekday(day).c_encoding())) continue;
      if (ahead == 0 && local >= day + window.from && local < day + window.until) return {.is_open = true};
      const WallTime opens = calendar::FirstInstantOf(zone, day + window.from);
      if (opens > now && (!opening.opens_at.has_value() || opens < *opening.opens_at)) opening.opens_at = opens;
    }
  }
  return opening;
}

}  // namespace tuesday::workflow
