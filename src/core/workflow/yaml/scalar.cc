// SPDX-License-Identifier: Apache-2.0
// The types of scalars: YAML 1.2's core schema with GitHub's limits (0x and 0o within 32 bits) and messages.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>

#include "core/expression/value/number.h"
#include "core/workflow/yaml/events.h"

namespace tuesday::workflow {
namespace {

bool OneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool AllDigits(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

constexpr std::string_view kDecimal = "0123456789";

// True for the form of an integer, also when its value is out of range.
bool IsInteger(std::string_view text) {
  if (text.starts_with("0x")) return AllDigits(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with("0o")) return AllDigits(text.substr(2), "01234567");
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return AllDigits(text, kDecimal);
}

std::optional<double> ReadSpecial(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (OneOf(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return kInfinity;
  if (OneOf(text, {"-.inf", "-.Inf", "-.INF"})) return -kInfinity;
  if (OneOf(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool IsFloat(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
    if (!AllDigits(power, kDecimal)) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == std::string_view::npos ? "" : text.substr(point + 1);
  const auto digits = [](std::string_view each) { return each.find_first_not_of(kDecimal) == std::string_view::npos; };
  return digits(whole) && digits(part) && (!whole.empty() || !part.empty());
}

bool IsNull(std::string_view text) { return OneOf(text, {"", "null", "Null", "NULL", "~"}); }
bool IsTrue(std::string_view text) { return OneOf(text, {"true", "True", "TRUE"}); }
bool IsFalse(std::string_view text) { return OneOf(text, {"false", "False", "FALSE"}); }

enum class PlainType { kNull, kBoolean, kInteger, kFloat, kText };

// Of a scalar without quotes and without a tag. Most are texts, and their first character says so.
PlainType PlainTypeOf(std::string_view text) {
  if (!text.empty() && std::string_view("~nNtTfF.+-0123456789").find(text.front()) == std::string_view::npos) {
    return PlainType::kText;
  }
  if (IsNull(text)) return PlainType::kNull;
  if (IsTrue(text) || IsFalse(text)) return PlainType::kBoolean;
  if (IsInteger(text)) return PlainType::kInteger;
  return ReadSpecial(text).has_value() || IsFloat(text) ? PlainType::kFloat : PlainType::kText;
}

std::unexpected<Error> Misfit(const YamlEvent& event, std::string_view tag) {
  return Fail(ErrorCode::kInvalid, fmt::format("The value '{}' on line {} and column {} is invalid for the type '{}'",
                                               event.value, event.line, event.column, tag));
}

Result<void> TypeNumber(const YamlEvent& event, Token& token, std::string_view tag) {
  token.kind = TokenKind::kNumber;
  if (const std::optional<double> special = ReadSpecial(event.value)) {
    token.number = *special;
    return {};
  }
  token.number = expression::ParseNumber(event.value);
  if (std::isnan(token.number)) return Misfit(event, tag);
  return {};
}

constexpr std::string_view kIntTag = "tag:yaml.org,2002:int";
constexpr std::string_view kFloatTag = "tag:yaml.org,2002:float";

Result<void> TypeTagged(const YamlEvent& event, Token& token) {
  if (event.tag == "tag:yaml.org,2002:str" || event.tag == "!") return {};
  if (event.style != "Plain") {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The scalar style '{}' on line {} and column {} is not valid with the tag '{}'", event.style,
                            event.line, event.column, event.tag));
  }
  if (event.tag == kIntTag) return IsInteger(event.value) ? TypeNumber(event, token, kIntTag) : Misfit(event, kIntTag);
  if (event.tag == kFloatTag) {
    const bool fits = IsFloat(event.value) || ReadSpecial(event.value).has_value();
    return fits ? TypeNumber(event, token, kFloatTag) : Misfit(event, kFloatTag);
  }
  if (event.tag == "tag:yaml.org,2002:bool") {
    if (!IsTrue(event.value) && !IsFalse(event.value)) return Misfit(event, event.tag);
    token.kind = TokenKind::kBoolean;
    token.boolean = IsTrue(event.value);
    return {};
  }
  if (event.tag == "tag:yaml.org,2002:null") {
    if (!IsNull(event.value)) return Misfit(event, event.tag);
    token.kind = TokenKind::kNull;
    return {};
  }
  return Fail(ErrorCode::kInvalid, fmt::format("Unexpected tag '{}'", event.tag));
}

}  // namespace

std::string_view ScalarTag(const YamlEvent& event) {
  if (event.tag == kIntTag) return "!!int";
  if (event.tag == kFloatTag) return "!!float";
  if (event.tag == "tag:yaml.org,2002:bool") return "!!bool";
  if (event.tag == "tag:yaml.org,2002:null") return "!!null";
  if (!event.tag.empty() || event.style != "Plain") return "!!str";
  switch (PlainTypeOf(event.value)) {
    case PlainType::kNull: return "!!null";
    case PlainType::kBoolean: return "!!bool";
    case PlainType::kInteger: return "!!int";
    case PlainType::kFloat: return "!!float";
    case PlainType::kText: break;
  }
  return "!!str";
}

Result<void> TypeScalar(const YamlEvent& event, int file, Token& token) {
  token.kind = TokenKind::kString;
  token.at = {file, event.line, event.column};
  token.text = event.value;
  if (!event.tag.empty()) return TypeTagged(event, token);
  if (event.style != "Plain") return {};
  switch (PlainTypeOf(event.value)) {
    case PlainType::kNull: token.kind = TokenKind::kNull; break;
    case PlainType::kBoolean:
      token.kind = TokenKind::kBoolean;
      token.boolean = IsTrue(event.value);
      break;
    case PlainType::kInteger: return TypeNumber(event, token, kIntTag);
    case PlainType::kFloat: return TypeNumber(event, token, kFloatTag);
    case PlainType::kText: break;
  }
  return {};
}

}  // namespace tuesday::workflow
