// SPDX-License-Identifier: Apache-2.0
// The types of plain scalars: YAML 1.2.2, 10.3.2 (core schema).
#include <charconv>
#include <limits>

#include "base/yaml.h"

namespace tuesday {
namespace {

std::optional<std::int64_t> ReadInt(std::string_view text, int base) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool OneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

}  // namespace

std::optional<bool> YamlNode::AsBool() const {
  if (!IsScalar() || !plain) return std::nullopt;
  if (OneOf(text, {"true", "True", "TRUE"})) return true;
  if (OneOf(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

std::optional<std::int64_t> YamlNode::AsInt() const {
  if (!IsScalar() || !plain) return std::nullopt;
  std::string_view digits = text;
  if (digits.starts_with("0o")) return digits.substr(2).starts_with('-') ? std::nullopt : ReadInt(digits.substr(2), 8);
  if (digits.starts_with("0x")) return digits.substr(2).starts_with('-') ? std::nullopt : ReadInt(digits.substr(2), 16);
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return std::nullopt;
  }
  return ReadInt(digits, 10);
}

std::optional<double> YamlNode::AsDouble() const {
  if (!IsScalar() || !plain) return std::nullopt;
  if (const std::optional<std::int64_t> integer = AsInt()) return static_cast<double>(*integer);
  std::string_view digits = text;
  if (OneOf(digits, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  if (OneOf(digits, {".inf", ".Inf", ".INF"})) {
    value = std::numeric_limits<double>::infinity();
  } else {
    if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  }
  return negative ? -value : value;
}

Json YamlToJson(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return Json();
    case YamlNode::Kind::kScalar:
      if (const auto boolean = node.AsBool()) return Json(*boolean);
      if (const auto integer = node.AsInt()) return Json(*integer);
      if (const auto number = node.AsDouble()) return Json(*number);
      return Json(node.text);
    case YamlNode::Kind::kSequence: {
      Json::Array array;
      for (const YamlNode& item : node.items) array.push_back(YamlToJson(item));
      return Json(std::move(array));
    }
    case YamlNode::Kind::kMapping: {
      Json::Object object;
      for (const auto& [key, value] : node.members) object.emplace(key.text, YamlToJson(value));
      return Json(std::move(object));
    }
  }
  return Json();
}

}  // namespace tuesday
