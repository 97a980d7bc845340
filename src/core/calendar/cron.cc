// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace tuesday::calendar {
namespace {

constexpr std::size_t kFields = 5;
constexpr std::size_t kCronBytesMax = 1'024;

struct Field {
  std::string_view name;
  int min = 0;
  int max = 0;
  std::string_view words;  // Three letters each: the names of values from `min` on.
};

constexpr std::array<Field, kFields> kFieldList = {{
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day", 1, 31, ""},
    {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"weekday", 0, 6, "SUNMONTUEWEDTHUFRISAT"},
}};

// Part of the expression, and where in it.
struct Piece {
  std::string_view text;
  std::size_t column = 1;

  Piece From(std::size_t begin, std::size_t count = std::string_view::npos) const {
    return {text.substr(begin, count), column + begin};
  }
};

using Values = std::bitset<60>;
template <typename T>
using Read = std::expected<T, CronMistake>;

std::unexpected<CronMistake> Refuse(const Piece& at, std::string message, std::string mend) {
  return std::unexpected(CronMistake{at.column, std::move(message), std::move(mend)});
}

std::string MendOf(const Field& field) {
  if (field.words.empty()) return fmt::format("Write a number from {} to {}, or *.", field.min, field.max);
  return fmt::format("Write a number from {} to {}, a name from {} to {}, or *.", field.min, field.max,
                     field.words.substr(0, 3), field.words.substr(field.words.size() - 3));
}

std::vector<Piece> Split(const Piece& piece, std::string_view at) {
  std::vector<Piece> parts;
  Piece rest = piece;
  while (true) {
    const std::size_t end = rest.text.find_first_of(at);
    parts.push_back(rest.From(0, end));
    if (end == std::string_view::npos) return parts;
    rest = rest.From(end + 1);
  }
}

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int> WordOf(std::string_view text, const Field& field) {
  if (text.size() != 3) return std::nullopt;
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (std::size_t i = 0; i < field.words.size(); i += 3) {
    if (field.words.substr(i, 3) == upper) return field.min + static_cast<int>(i / 3);
  }
  return std::nullopt;
}

Read<int> ReadValue(const Piece& piece, const Field& field) {
  if (const auto word = WordOf(piece.text, field)) return *word;
  const auto number = NumberOf(piece.text);
  if (!number) return Refuse(piece, fmt::format("\"{}\" is no number of the field {}.", piece.text, field.name), MendOf(field));
  if (*number >= field.min && *number <= field.max) return *number;
  const bool is_sunday = field.name == "weekday" && *number == 7;
  return Refuse(piece,
                fmt::format("{} is not from {} to {}, as the field {} needs.", *number, field.min, field.max, field.name),
                is_sunday ? "Write 0 or SUN for Sunday." : MendOf(field));
}

// One of the parts between commas: `*`, `a`, `a-b`, each with `/step` if need be.
Read<Values> ReadPart(const Piece& part, const Field& field) {
  const std::vector<Piece> halves = Split(part, "/");
  if (halves.size() > 2)
    return Refuse(halves[2], fmt::format("\"{}\" has two steps.", part.text), "Write one: */15, or 10-50/20.");
  int step = 1;
  if (halves.size() == 2) {
    step = NumberOf(halves[1].text).value_or(0);
    if (step <= 0)
      return Refuse(halves[1], fmt::format("\"{}\" is no step.", halves[1].text), "Write a number from 1 on: */15.");
  }
  int first = field.min;
  int last = field.max;
  if (halves[0].text != "*") {
    const std::vector<Piece> bounds = Split(halves[0], "-");
    if (bounds.size() > 2) return Refuse(halves[0], fmt::format("\"{}\" is no range.", halves[0].text), "Write FIRST-LAST.");
    const Read<int> begin = ReadValue(bounds[0], field);
    if (!begin) return std::unexpected(begin.error());
    const Read<int> end = bounds.size() == 2 ? ReadValue(bounds[1], field) : *begin;
    if (!end) return std::unexpected(end.error());
    first = *begin;
    if (bounds.size() == 2 || halves.size() == 1) last = *end;
  }
  if (first > last) {
    return Refuse(halves[0], fmt::format("The range \"{}\" ends before it begins.", halves[0].text),
                  "Write it as two, with a comma: 22-23,0-5.");
  }
  Values values;
  for (std::int64_t value = first; value <= last; value += step) values.set(static_cast<std::size_t>(value));
  return values;
}

template <std::size_t N>
std::optional<CronMistake> ReadInto(const Piece& piece, const Field& field, std::bitset<N>& on) {
  for (const Piece& part : Split(piece, ",")) {
    const Read<Values> values = ReadPart(part, field);
    if (!values) return values.error();
    for (std::size_t i = 0; i < N && i < values->size(); ++i) on[i] = on[i] || (*values)[i];
  }
  return std::nullopt;
}

// "@daily" says the same as five fields, and the mend says which.
std::string MendOfNickname(std::string_view text) {
  struct Nickname {
    std::string_view name;
    std::string_view fields;
  };
  static constexpr std::array<Nickname, 7> kNicknames = {{{"@yearly", "0 0 1 1 *"},
                                                          {"@annually", "0 0 1 1 *"},
                                                          {"@monthly", "0 0 1 * *"},
                                                          {"@weekly", "0 0 * * 0"},
                                                          {"@daily", "0 0 * * *"},
                                                          {"@midnight", "0 0 * * *"},
                                                          {"@hourly", "0 * * * *"}}};
  const auto* found =
      std::find_if(kNicknames.begin(), kNicknames.end(), [&](const Nickname& nickname) { return nickname.name == text; });
  if (found != kNicknames.end()) return fmt::format("Write \"{}\".", found->fields);
  return "Write five fields: minute hour day month weekday.";
}

}  // namespace

bool Cron::MatchesDay(std::chrono::year_month_day date) const {
  if (!months[static_cast<unsigned>(date.month())]) return false;
  const bool by_day = days[static_cast<unsigned>(date.day())];
  const bool by_weekday = weekdays[std::chrono::weekday(std::chrono::sys_days(date)).c_encoding()];
  return any_day || any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

std::expected<Cron, CronMistake> ReadCron(std::string_view text) {
  const Piece whole{text, 1};
  if (text.size() > kCronBytesMax)
    return Refuse(whole, fmt::format("it has {} characters.", text.size()), fmt::format("At most {} are read.", kCronBytesMax));
  std::vector<Piece> fields;
  for (const Piece& piece : Split(whole, " \t")) {
    if (!piece.text.empty()) fields.push_back(piece);
  }
  if (fields.size() != kFields) {
    const Piece& at = fields.empty() ? whole : fields[std::min(fields.size() - 1, kFields)];
    return Refuse(at, fmt::format("it has {} fields, five are needed.", fields.size()),
                  MendOfNickname(fields.empty() ? "" : fields[0].text));
  }
  Cron cron;
  cron.any_day = fields[2].text.starts_with('*');
  cron.any_weekday = fields[4].text.starts_with('*');
  std::optional<CronMistake> mistake = ReadInto(fields[0], kFieldList[0], cron.minutes);
  if (!mistake) mistake = ReadInto(fields[1], kFieldList[1], cron.hours);
  if (!mistake) mistake = ReadInto(fields[2], kFieldList[2], cron.days);
  if (!mistake) mistake = ReadInto(fields[3], kFieldList[3], cron.months);
  if (!mistake) mistake = ReadInto(fields[4], kFieldList[4], cron.weekdays);
  if (mistake) return std::unexpected(*std::move(mistake));
  return cron;
}

Result<Cron> ParseCron(std::string_view text) {
  auto read = ReadCron(text);
  if (read) return *std::move(read);
  const CronMistake& mistake = read.error();
  return Fail(ErrorCode::kInvalid,
              fmt::format("\"{}\" is no cron expression, at column {}: {}", text, mistake.column, mistake.message),
              mistake.mend);
}

}  // namespace tuesday::calendar
