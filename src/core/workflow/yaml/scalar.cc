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

std::unexpected<Error> Misfit(const YamlEvent& event, std::string_view tag) {
  return Fail(ErrorCode::kInvalid, fmt::format("The value '{}' on line {} and column {} is invalid for the type '{}'",
                                               event.value, event.line, event.column, tag));
}

Result<Token> TypeNumber(const YamlEvent& event, Token token, std::string_view tag) {
  token.kind = TokenKind::kNumber;
  if (const std::optional<double> special = ReadSpecial(event.value)) {
    token.number = *special;
    return token;
  }
  token.number = expression::ParseNumber(event.value);
  if (std::isnan(token.number)) return Misfit(event, tag);
  return token;
}

constexpr std::string_view kIntTag = "tag:yaml.org,2002:int";
constexpr std::string_view kFloatTag = "tag:yaml.org,2002:float";

Result<Token> TypeTagged(const YamlEvent& event, Token token) {
  if (event.tag == "tag:yaml.org,2002:str" || event.tag == "!") return token;
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
    return token;
  }
  if (event.tag == "tag:yaml.org,2002:null") {
    if (!IsNull(event.value)) return Misfit(event, event.tag);
    token.kind = TokenKind::kNull;
    return token;
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
  if (IsNull(event.value)) return "!!null";
  if (IsTrue(event.value) || IsFalse(event.value)) return "!!bool";
  if (IsInteger(event.value)) return "!!int";
  return ReadSpecial(event.value).has_value() || IsFloat(event.value) ? "!!float" : "!!str";
}

Result<Token> TypeScalar(const YamlEvent& event, int file) {
  Token token = Token::String({file, event.line, event.column}, event.value);
  if (!event.tag.empty()) return TypeTagged(event, std::move(token));
  if (event.style != "Plain") return token;
  if (IsNull(event.value)) {
    token.kind = TokenKind::kNull;
  } else if (IsTrue(event.value) || IsFalse(event.value)) {
    token.kind = TokenKind::kBoolean;
    token.boolean = IsTrue(event.value);
  } else if (IsInteger(event.value)) {
    return TypeNumber(event, std::move(token), kIntTag);
  } else if (ReadSpecial(event.value).has_value() || IsFloat(event.value)) {
    return TypeNumber(event, std::move(token), kFloatTag);
  }
  return token;
}

}  // namespace tuesday::workflow
