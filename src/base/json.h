// SPDX-License-Identifier: Apache-2.0
// JSON as a value of our own: parsed with limits, written in the canonical form of RFC 8785.
// The parser behind it is nlohmann-json, which no header of ours includes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tuesday {

// One JSON value. Objects keep their keys sorted, so equal values print equally.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;                                                        // null
  Json(bool value) : value_(value) {}                                      // NOLINT: implicit on purpose, for literals.
  Json(int value) : value_(std::int64_t{value}) {}                         // NOLINT
  Json(std::int64_t value) : value_(value) {}                              // NOLINT
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Json(double value) : value_(value) {}                                    // NOLINT
  Json(const char* value) : value_(std::string(value)) {}                  // NOLINT
  Json(std::string value) : value_(std::move(value)) {}                    // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}             // NOLINT
  Json(Array value) : value_(std::move(value)) {}                          // NOLINT
  Json(Object value) : value_(std::move(value)) {}                         // NOLINT

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  const bool* as_bool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&value_); }
  const double* as_double() const { return std::get_if<double>(&value_); }
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }
  Array* as_array() { return std::get_if<Array>(&value_); }
  Object* as_object() { return std::get_if<Object>(&value_); }

  // The member, or null's address when this is no object or has no such key: `*json.Find("a")` never crashes.
  const Json& At(std::string_view key) const;

  // With a fallback where the value has another type; an integer is a number too.
  std::string StringOr(std::string_view fallback) const;
  std::int64_t IntOr(std::int64_t fallback) const;
  double NumberOr(double fallback) const;
  bool BoolOr(bool fallback) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t bytes_max = 16 << 20;
  int depth_max = 64;
};

Result<Json> ParseJson(std::string_view text, JsonLimits limits = {});

// RFC 8785: no spaces, keys by UTF-16 code units, numbers as ECMAScript prints them. NaN and infinities become null
// (JSON has no word for them); who must keep them apart writes a string.
std::string CanonicalJson(const Json& value);

// Two blanks of indentation, same order: for people.
std::string PrettyJson(const Json& value);

}  // namespace tuesday
