// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/rules/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace tuesday::workflow::lint {
namespace {

constexpr int kDaySeconds = 24 * 3'600;

struct Field {
  std::string_view name;
  int min = 0;
  int max = 0;
  std::vector<std::string_view> words;  // The names of values from `min` on.
};

const std::vector<Field>& Fields() {
  static const std::vector<Field> kFields = {
      {"minute", 0, 59, {}},
      {"hour", 0, 23, {}},
      {"day", 1, 31, {}},
      {"month", 1, 12, {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
      {"weekday", 0, 6, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
  };
  return kFields;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<Error> Refuse(std::string message) { return Fail(ErrorCode::kInvalid, std::move(message)); }

Result<int> ReadNumber(std::string_view text, const Field& field) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  const auto word = std::find(field.words.begin(), field.words.end(), upper);
  if (word != field.words.end()) return field.min + static_cast<int>(word - field.words.begin());
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return Refuse(fmt::format("\"{}\" is no number of the field {}.", text, field.name));
  }
  if (number < field.min || number > field.max) {
    return Refuse(fmt::format("{} is not from {} to {}, as the field {} needs.", number, field.min, field.max, field.name));
  }
  return number;
}

// One of the parts between commas: `*`, `a`, `a-b`, each with `/step` if need be.
Result<void> AddPart(std::string_view part, const Field& field, std::vector<bool>& on) {
  const std::vector<std::string_view> halves = Split(part, "/");
  if (halves.size() > 2) return Refuse(fmt::format("\"{}\" has two steps.", part));
  int step = 1;
  if (halves.size() == 2) {
    const auto [end, error] = std::from_chars(halves[1].data(), halves[1].data() + halves[1].size(), step);
    if (error != std::errc() || end != halves[1].data() + halves[1].size() || step <= 0) {
      return Refuse(fmt::format("\"{}\" is no step.", halves[1]));
    }
  }
  int first = field.min;
  int last = field.max;
  if (halves[0] != "*") {
    const std::vector<std::string_view> bounds = Split(halves[0], "-");
    if (bounds.size() > 2) return Refuse(fmt::format("\"{}\" is no range.", halves[0]));
    TRY(first, ReadNumber(bounds[0], field));
    if (bounds.size() == 2) {
      TRY(last, ReadNumber(bounds[1], field));
    } else if (halves.size() == 1) {
      last = first;
    }
  }
  if (first > last) return Refuse(fmt::format("The range \"{}\" ends before it begins.", halves[0]));
  for (int value = first; value <= last; value += step) on[static_cast<std::size_t>(value)] = true;
  return {};
}

Result<std::vector<bool>> ReadField(std::string_view text, const Field& field) {
  std::vector<bool> on(static_cast<std::size_t>(field.max) + 1, false);
  for (const std::string_view part : Split(text, ",")) TRY_OK(AddPart(part, field, on));
  return on;
}

}  // namespace

Result<int> ShortestInterval(std::string_view cron) {
  std::vector<std::string_view> texts;
  for (const std::string_view text : Split(cron, " \t")) {
    if (!text.empty()) texts.push_back(text);
  }
  if (texts.size() != Fields().size()) return Refuse(fmt::format("it has {} fields, five are needed.", texts.size()));
  std::vector<std::vector<bool>> values;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    TRY(std::vector<bool> field, ReadField(texts[i], Fields()[i]));
    values.push_back(std::move(field));
  }
  std::vector<int> seconds;
  for (std::size_t hour = 0; hour < values[1].size(); ++hour) {
    for (std::size_t minute = 0; values[1][hour] && minute < values[0].size(); ++minute) {
      if (values[0][minute]) seconds.push_back(static_cast<int>(hour * 3'600 + minute * 60));
    }
  }
  int shortest = kDaySeconds;
  for (std::size_t i = 1; i < seconds.size(); ++i) shortest = std::min(shortest, seconds[i] - seconds[i - 1]);
  // From the last run of a day to the first of the next; that there is a next day is taken for granted.
  if (seconds.size() > 1) shortest = std::min(shortest, seconds.front() + kDaySeconds - seconds.back());
  return shortest;
}

}  // namespace tuesday::workflow::lint
