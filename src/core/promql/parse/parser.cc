// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/promql/parse/parser_state.h"

namespace tuesday::promql {

namespace {

struct Unit {
  std::string_view text;
  std::int64_t ms;
  bool only_if_whole;  // 90d is easier to read than 12w6d.
};
constexpr Unit kUnits[] = {{"y", 365LL * 86'400'000, true},
                           {"w", 7LL * 86'400'000, true},
                           {"d", 86'400'000, false},
                           {"h", 3'600'000, false},
                           {"m", 60'000, false},
                           {"s", 1000, false},
                           {"ms", 1, false}};

}  // namespace

Result<std::int64_t> ParseDuration(std::string_view text) {
  const auto bad = [&] { return Fail(ErrorCode::kInvalid, "not a valid duration string: \"" + std::string(text) + "\""); };
  if (text == "0") return 0;
  if (text.empty()) return bad();
  std::int64_t total = 0;
  std::size_t unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (number.ec != std::errc() || rest[0] == '-') return bad();
    rest.remove_prefix(static_cast<std::size_t>(number.ptr - rest.data()));
    const std::size_t length = std::min(rest.find_first_of("0123456789"), rest.size());
    while (unit < std::size(kUnits) && kUnits[unit].text != rest.substr(0, length)) ++unit;
    if (unit == std::size(kUnits)) return bad();
    rest.remove_prefix(length);
    std::int64_t ms = 0;
    if (__builtin_mul_overflow(count, kUnits[unit].ms, &ms) || __builtin_add_overflow(total, ms, &total) ||
        total > INT64_MAX / 1'000'000) {
      return Fail(ErrorCode::kInvalid, "duration out of range");
    }
    ++unit;
  }
  return total;
}

std::string DurationText(std::int64_t ms) {
  if (ms == 0) return "0s";
  std::string text = ms < 0 ? "-" : "";
  std::uint64_t rest = ms < 0 ? ~static_cast<std::uint64_t>(ms) + 1 : static_cast<std::uint64_t>(ms);
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.ms);
    if (unit.only_if_whole && rest % size != 0) continue;
    if (rest / size == 0) continue;
    text += std::to_string(rest / size);
    text += unit.text;
    rest %= size;
  }
  return text;
}

Result<double> ParseNumber(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (c != '_') clean += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (clean == "inf") return INFINITY;
  if (clean == "nan") return NAN;
  const char* begin = clean.data();
  const char* end = begin + clean.size();
  const bool hex = clean.starts_with("0x");
  const bool octal = !hex && clean.size() > 1 && clean[0] == '0' && clean.find_first_not_of("01234567") == std::string::npos;
  if (hex || octal) {
    std::int64_t integer = 0;
    const auto read = std::from_chars(begin + (hex ? 2 : 1), end, integer, hex ? 16 : 8);
    if (read.ec == std::errc() && read.ptr == end) return static_cast<double>(integer);
  }
  double value = 0;
  const auto read = std::from_chars(begin, end, value);
  if (read.ec == std::errc::result_out_of_range) {
    // Too small becomes 0, too large is an error, as in Go.
    const bool tiny = clean.find("e-") != std::string::npos;
    if (tiny) return 0.0;
    return Fail(ErrorCode::kInvalid,
                "error parsing number: strconv.ParseFloat: parsing \"" + std::string(text) + "\": value out of range");
  }
  if (read.ec != std::errc() || read.ptr != end) {
    return Fail(ErrorCode::kInvalid,
                "error parsing number: strconv.ParseFloat: parsing \"" + std::string(text) + "\": invalid syntax");
  }
  return value;
}

std::string PositionText(std::string_view text, int offset) {
  const std::string_view before = text.substr(0, std::min(static_cast<std::size_t>(std::max(offset, 0)), text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return std::to_string(line) + ":" + std::to_string(column);
}

ParseReport ParseWithReport(std::string_view text, const ParserOptions& options) {
  ParseReport report;
  if (text.size() > options.bytes_max) {
    report.problems.push_back({{0, 0}, "the expression is longer than " + std::to_string(options.bytes_max) + " bytes"});
    return report;
  }
  ParserState state(text, options);
  Node expr = state.ParseAll();
  report.problems = std::move(state.problems());
  if (expr != nullptr && report.problems.empty()) CheckTypes(*expr, text, report.problems);
  if (!report.problems.empty()) return report;
  if (expr != nullptr) KeepTexts(*expr);
  report.expr = std::move(expr);
  return report;
}

Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options) {
  ParseReport report = ParseWithReport(text, options);
  if (report.expr != nullptr) return report.expr;
  const ParseProblem& first = report.problems.front();
  return Fail(ErrorCode::kInvalid, PositionText(text, first.pos.start) + ": parse error: " + first.message);
}

Result<std::vector<metrics::LabelMatcher>> ParseSelector(std::string_view text) {
  TRY(const ExprPtr expr, ParseExpr(text));
  const VectorSelector* selector = expr->As<VectorSelector>();
  if (selector == nullptr || selector->shift.offset || selector->shift.at != AtAnchor::kNone) {
    return Fail(ErrorCode::kInvalid, "The text " + std::string(text) + " is not a selector.", "Write name{label=\"value\"}.");
  }
  return selector->matchers;
}

}  // namespace tuesday::promql
