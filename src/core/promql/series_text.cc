// SPDX-License-Identifier: Apache-2.0
#include "core/promql/series_text.h"

#include <charconv>
#include <string>

#include "core/metrics/source.h"
#include "core/promql/parse/parser_state.h"

namespace tuesday::promql {

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// Where the metric ends: at a space outside braces and quotes.
std::size_t MetricEnd(std::string_view line) {
  bool braces = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == '\\' && quote != '`') ++i;
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '{') {
      braces = true;
    } else if (c == '}') {
      return i + 1;
    } else if (IsSpace(c) && !braces) {
      const std::size_t next = line.find_first_not_of(" \t", i);
      if (next != std::string_view::npos && line[next] == '{' && line.substr(next, 2) != "{{") continue;
      return i;
    }
  }
  return line.size();
}

std::unexpected<Error> Bad(std::string_view item) {
  return Fail(ErrorCode::kInvalid, "The value " + std::string(item) + " of a series is not understood.",
              "Write a number, _, stale, or a run such as 1+2x3.");
}

// Reads one float and moves past it; signs were read before.
Result<double> Number(std::string_view& rest) {
  std::size_t end = 0;
  if (rest.starts_with("Inf") || rest.starts_with("inf") || rest.starts_with("NaN") || rest.starts_with("nan")) {
    end = 3;
  } else {
    while (end < rest.size()) {
      const char c = rest[end];
      const bool exponent_sign = (c == '+' || c == '-') && end > 0 && (rest[end - 1] == 'e' || rest[end - 1] == 'E');
      if ((c < '0' || c > '9') && c != '.' && c != '_' && c != 'e' && c != 'E' && !exponent_sign) break;
      ++end;
    }
  }
  if (end == 0) return Bad(rest);
  const Result<double> value = ParseNumber(rest.substr(0, end));
  if (!value) return Bad(rest);
  rest.remove_prefix(end);
  return *value;
}

Result<std::size_t> Count(std::string_view text, std::string_view item) {
  std::size_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return Bad(item);
  if (count > kSeriesTextValuesMax) return Fail(ErrorCode::kLimit, "A run of a series has more than 1000000 values.");
  return count;
}

Result<void> AddItem(std::string_view item, std::vector<std::optional<double>>& values) {
  if (item.find('{') != std::string_view::npos) {
    return Fail(ErrorCode::kUnsupported, "Native histograms in series are not supported.");
  }
  std::string_view rest = item;
  if (rest.starts_with("_") || rest.starts_with("stale")) {
    const bool stale = rest.starts_with("stale");
    rest.remove_prefix(stale ? 5 : 1);
    std::size_t count = 1;
    if (!rest.empty()) {
      if (rest[0] != 'x') return Bad(item);
      TRY(count, Count(rest.substr(1), item));
      if (stale) ++count;
    }
    values.insert(values.end(), count, stale ? std::optional(metrics::StaleMarker()) : std::nullopt);
    return {};
  }
  const bool negative = rest.starts_with("-");
  if (negative || rest.starts_with("+")) rest.remove_prefix(1);
  TRY(double value, Number(rest));
  if (negative) value = -value;
  double delta = 0;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    const bool down = rest[0] == '-';
    rest.remove_prefix(1);
    TRY(delta, Number(rest));
    if (down) delta = -delta;
    if (rest.empty()) return Bad(item);
  }
  std::size_t more = 0;
  if (!rest.empty()) {
    if (rest[0] != 'x') return Bad(item);
    TRY(more, Count(rest.substr(1), item));
  }
  for (std::size_t i = 0; i <= more; ++i) {
    values.push_back(value);
    // Added one after the other, as upstream: its sums round the same way.
    value += delta;
  }
  return {};
}

}  // namespace

Result<metrics::Labels> ParseMetric(std::string_view text) {
  ParserState state(text, ParserOptions{});
  const Node node = state.ParseAll();
  const VectorSelector* selector = node == nullptr ? nullptr : node->As<VectorSelector>();
  if (selector == nullptr || !state.problems().empty()) {
    return Fail(ErrorCode::kInvalid, "The text " + std::string(text) + " is not a metric.", "Write name{label=\"value\"}.");
  }
  std::vector<metrics::Labels::Pair> pairs;
  for (const metrics::LabelMatcher& matcher : selector->matchers) {
    if (matcher.op != metrics::MatchOp::kEqual) {
      return Fail(ErrorCode::kInvalid, "The metric " + std::string(text) + " has a matcher that is not an equality.");
    }
    pairs.emplace_back(matcher.name, matcher.value);
  }
  return metrics::Labels(std::move(pairs));
}

Result<SeriesText> ParseSeriesText(std::string_view line) {
  SeriesText series;
  const std::size_t end = MetricEnd(line);
  TRY(series.labels, ParseMetric(line.substr(0, end)));
  std::string_view rest = line.substr(end);
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.empty() || rest[0] == '#') return series;
    const std::size_t length = rest[0] == '{' ? rest.size() : std::min(rest.find_first_of(" \t"), rest.size());
    TRY_OK(AddItem(rest.substr(0, length), series.values));
    rest.remove_prefix(length);
    if (series.values.size() > kSeriesTextValuesMax) return Fail(ErrorCode::kLimit, "A series has more than 1000000 values.");
  }
}

}  // namespace tuesday::promql
