// SPDX-License-Identifier: Apache-2.0
// format(): the text is cut into segments first, so that what is wrong with it is told before a parameter is evaluated.
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/expression/eval/functions.h"

namespace tuesday::expression {
namespace {

// Literal text, or the parameter of an index; `specifiers` is what stood after a colon.
struct Segment {
  std::string text;
  std::optional<std::size_t> parameter;
  std::string specifiers;
};

std::unexpected<Problem> Refuse(std::string message) {
  return std::unexpected(Problem{ProblemKind::kEvaluation, std::move(message), 0});
}

char At(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }

// Reads `0}` or `0:specifiers}` from `at` on; `at` ends behind the brace. Nothing when it is not that.
std::optional<Segment> ReadParameter(std::string_view format, std::size_t& at) {
  std::size_t end = at;
  while (At(format, end) >= '0' && At(format, end) <= '9') ++end;
  std::uint8_t index = 0;
  const auto [stop, error] = std::from_chars(format.data() + at, format.data() + end, index);
  if (end == at || error != std::errc()) return std::nullopt;
  Segment segment{.text = {}, .parameter = index, .specifiers = {}};
  if (At(format, end) == '}') {
    at = end + 1;
    return segment;
  }
  if (At(format, end) != ':') return std::nullopt;
  for (++end; end < format.size(); ++end) {
    if (format[end] == '}') {
      if (At(format, end + 1) != '}') {
        at = end + 1;
        return segment;
      }
      ++end;
    }
    segment.specifiers += format[end];
  }
  return std::nullopt;
}

Outcome<std::vector<Segment>> Cut(std::string_view format, std::size_t parameters) {
  std::vector<Segment> segments;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) segments.push_back({.text = std::exchange(literal, {}), .parameter = {}, .specifiers = {}});
  };
  for (std::size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (c != '{' && c != '}') {
      literal += c;
      ++at;
    } else if (At(format, at + 1) == c) {
      literal += c;
      at += 2;
    } else {
      ++at;
      std::optional<Segment> segment = c == '{' ? ReadParameter(format, at) : std::nullopt;
      if (!segment.has_value()) return Refuse(fmt::format("The following format string is invalid: {}", format));
      if (*segment->parameter >= parameters) {
        return Refuse(fmt::format("The following format string references more arguments than were supplied: {}", format));
      }
      flush();
      segments.push_back(*std::move(segment));
    }
  }
  flush();
  return segments;
}

}  // namespace

Outcome<std::string> Format(std::string_view format, std::size_t parameters, const ParameterAt& parameter_at,
                            ByteCount& bytes) {
  TRY(const std::vector<Segment> segments, Cut(format, parameters));
  std::vector<std::optional<Value>> values(parameters);
  std::string out;
  for (const Segment& segment : segments) {
    std::string text = segment.text;
    if (segment.parameter.has_value()) {
      std::optional<Value>& value = values[*segment.parameter];
      if (!value.has_value()) {
        TRY(Value evaluated, parameter_at(*segment.parameter));
        value = std::move(evaluated);
      }
      if (!segment.specifiers.empty()) {
        return Refuse(fmt::format("The format specifiers '{}' are not valid for objects of type '{}'", segment.specifiers,
                                  ValueKindName(value->kind())));
      }
      text = value->ToText();
    }
    if (text.empty()) continue;
    TRY_OK(bytes.Add(text));
    out += text;
  }
  return out;
}

}  // namespace tuesday::expression
