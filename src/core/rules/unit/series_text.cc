// SPDX-License-Identifier: Apache-2.0
#include "core/rules/unit/series_text.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <string>

#include "core/metrics/source.h"
#include "core/rules/template/literal.h"

namespace tuesday::rules::unit {
namespace {

std::unexpected<Error> Bad(std::string_view what, std::string_view text) {
  return Fail(ErrorCode::kInvalid, fmt::format("parse error: {} in \"{}\"", what, text));
}

// Reads `name="value"` pairs up to the closing brace.
class MetricReader {
 public:
  explicit MetricReader(std::string_view text) : whole_(text), rest_(text) {}

  Result<metrics::Labels> Run() {
    std::vector<metrics::Labels::Pair> pairs;
    Skip();
    const std::string name = Word(true);
    if (!name.empty()) pairs.emplace_back(metrics::kNameLabel, name);
    Skip();
    if (!rest_.starts_with('{')) {
      if (!rest_.empty()) return Bad("unexpected text behind the name", whole_);
      return metrics::Labels(std::move(pairs));
    }
    rest_.remove_prefix(1);
    while (true) {
      Skip();
      if (rest_.starts_with('}')) break;
      TRY_OK(One(pairs));
      Skip();
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
      } else if (!rest_.starts_with('}')) {
        return Bad("expected \",\" or \"}\"", whole_);
      }
    }
    rest_.remove_prefix(1);
    Skip();
    if (!rest_.empty()) return Bad("unexpected text behind the braces", whole_);
    return metrics::Labels(std::move(pairs));
  }

 private:
  Result<void> One(std::vector<metrics::Labels::Pair>& pairs) {
    const bool quoted = rest_.starts_with('"') || rest_.starts_with('\'');
    std::string name;
    if (quoted) {
      TRY(name, Text());
    } else {
      name = Word(false);
    }
    if (name.empty()) return Bad("a label name is missing", whole_);
    Skip();
    if (quoted && !rest_.starts_with('=')) {
      pairs.emplace_back(metrics::kNameLabel, name);
      return {};
    }
    if (!rest_.starts_with('=')) return Bad("expected \"=\"", whole_);
    rest_.remove_prefix(1);
    Skip();
    TRY(std::string value, Text());
    pairs.emplace_back(std::move(name), std::move(value));
    return {};
  }

  Result<std::string> Text() {
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\'' && rest_[0] != '`')) return Bad("expected a quoted text", whole_);
    const char quote = rest_[0];
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != quote) end += rest_[end] == '\\' && quote != '`' ? 2 : 1;
    if (end >= rest_.size()) return Bad("unterminated quoted string", whole_);
    const std::string_view written = rest_.substr(0, end + 1);
    rest_.remove_prefix(end + 1);
    if (quote == '`') return std::string(written.substr(1, written.size() - 2));
    const std::optional<std::string> text = text::Unquote(written);
    if (!text) return Bad("a bad escape", whole_);
    return *text;
  }

  std::string Word(bool colons) {
    std::size_t end = 0;
    while (end < rest_.size()) {
      const char c = rest_[end];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
      if (!letter && !(end > 0 && c >= '0' && c <= '9')) break;
      ++end;
    }
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  void Skip() {
    const std::size_t start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
  }

  std::string_view whole_;
  std::string_view rest_;
};

#define TUESDAY_NUMBER "(?:(?i:inf|nan)|(?:[0-9][0-9_]*\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"

Result<void> ReadItem(const std::string& item, std::vector<std::optional<double>>& values) {
  static const RE2 kGap("_(?:x([0-9]+))?");
  static const RE2 kNumbers("([+-]?" TUESDAY_NUMBER ")([+-]" TUESDAY_NUMBER ")?(?:x([0-9]+))?");
  std::string start;
  std::string delta;
  std::string times;
  if (item.find("{{") != std::string::npos) {
    return Fail(ErrorCode::kUnsupported, fmt::format("Native histograms are not supported yet: \"{}\".", item));
  }
  if (item == "stale") {
    values.emplace_back(metrics::StaleMarker());
    return {};
  }
  const bool gap = RE2::FullMatch(item, kGap, &times);
  if (!gap && !RE2::FullMatch(item, kNumbers, &start, &delta, &times)) return Bad("a bad value", item);
  if (!gap && !delta.empty() && times.empty()) return Bad("a step without \"x\" and a count", item);
  std::int64_t count = 0;
  if (times.size() > 9 || (!times.empty() && (count = std::stoll(times)) > kValuesMax)) {
    return Fail(ErrorCode::kLimit, fmt::format("A series has more than {} values.", kValuesMax));
  }
  if (gap) {
    values.insert(values.end(), times.empty() ? 1 : static_cast<std::size_t>(count), std::nullopt);
    return {};
  }
  double value = text::ReadFloat(start).value_or(0);
  const double step = delta.empty() ? 0 : text::ReadFloat(delta).value_or(0);
  for (std::int64_t i = 0; i <= count; ++i) {
    values.emplace_back(value);
    value += step;
  }
  return {};
}

}  // namespace

Result<metrics::Labels> ParseMetric(std::string_view text) { return MetricReader(text).Run(); }

Result<std::vector<std::optional<double>>> ParseValues(std::string_view text) {
  std::vector<std::optional<double>> values;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return values;
    text.remove_prefix(start);
    const std::size_t length = std::min(text.find_first_of(" \t\r\n"), text.size());
    TRY_OK(ReadItem(std::string(text.substr(0, length)), values));
    if (static_cast<std::int64_t>(values.size()) > kValuesMax) {
      return Fail(ErrorCode::kLimit, fmt::format("A series has more than {} values.", kValuesMax));
    }
    text.remove_prefix(length);
  }
}

}  // namespace tuesday::rules::unit
