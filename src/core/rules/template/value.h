// SPDX-License-Identifier: Apache-2.0
// The values that a template computes with, printed and tested as Go's fmt and text/template do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tuesday::rules::text {

// One value. `type` is the name that Go would give it, for messages; it decides nothing.
struct Value {
  enum class Kind { kNone, kBool, kInt, kUint, kFloat, kString, kHtml, kList, kMap, kRecord, kTime, kDuration };
  using List = std::vector<Value>;
  using Members = std::map<std::string, Value, std::less<>>;

  Kind kind = Kind::kNone;
  bool boolean = false;
  std::int64_t integer = 0;  // Also nanoseconds of kTime (since 1970) and kDuration.
  std::uint64_t natural = 0;
  double number = 0;
  std::string string;  // Of kString and kHtml.
  std::shared_ptr<const List> list;
  std::shared_ptr<const Members> members;  // Of kMap, and the fields of kRecord.
  bool missing_is_empty = false;           // Of kMap: its values are strings, so a missing key reads as "".
  std::string type;

  static Value None() { return {}; }
  static Value Bool(bool value);
  static Value Int(std::int64_t value);
  static Value Uint(std::uint64_t value);
  static Value Float(double value);
  static Value String(std::string value);
  static Value Html(std::string value);
  static Value Of(List items, std::string type);
  static Value Of(Members members, std::string type);
  static Value StringMap(const std::map<std::string, std::string>& entries);
  static Value Record(Members fields, std::string type);
  static Value Time(std::int64_t nanoseconds);
  static Value Duration(std::int64_t nanoseconds);

  bool IsNumber() const { return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kFloat; }
  bool IsText() const { return kind == Kind::kString || kind == Kind::kHtml; }
};

// False for zero, empty and absent.
bool Truth(const Value& value);

// Go's name of the value's type: "float64", "map[string]string", "template.queryResult".
std::string TypeName(const Value& value);

// As `{{ value }}` prints it: Go's %v.
std::string PrintValue(const Value& value);

// Go's %v of a float64: shortest digits, an exponent from 1e21 downwards where Go has one (1e+06, 1e-05), +Inf, NaN.
std::string PrintFloat(double value);

// Go's "%.4g".
std::string FourDigits(double value);

// "2015-06-23 13:19:44.128 +0000 UTC".
std::string PrintTime(std::int64_t nanoseconds);
// "1h30m0s".
std::string PrintDuration(std::int64_t nanoseconds);
// Go's time.Format for the reference time Mon Jan 2 15:04:05 MST 2006, in UTC.
std::string FormatTime(std::int64_t nanoseconds, std::string_view layout);

// Go's quoted string.
std::string Quote(std::string_view text);

}  // namespace tuesday::rules::text
