// SPDX-License-Identifier: Apache-2.0
// What an expression yields: null, boolean, number, text, array or object. Arrays and objects are shared and never change once
// they are in a value; two of them are equal only if they are the same one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tuesday::expression {

enum class ValueKind { kNull, kBoolean, kNumber, kString, kArray, kObject };

// "Null", "Boolean", …: the words of error texts, and of an array or object made a text.
std::string_view ValueKindName(ValueKind kind);

class Value;
struct ArrayValue;
class ObjectValue;
using ArrayPtr = std::shared_ptr<const ArrayValue>;
using ObjectPtr = std::shared_ptr<const ObjectValue>;

class Value {
 public:
  Value() = default;                                             // null
  Value(bool value) : value_(value) {}                           // NOLINT: implicit on purpose, for literals.
  Value(int value) : value_(static_cast<double>(value)) {}       // NOLINT
  Value(double value) : value_(value) {}                         // NOLINT
  Value(const char* value) : value_(std::string(value)) {}       // NOLINT
  Value(std::string value) : value_(std::move(value)) {}         // NOLINT
  Value(std::string_view value) : value_(std::string(value)) {}  // NOLINT
  Value(ArrayPtr value) : value_(std::move(value)) {}            // NOLINT
  Value(ObjectPtr value) : value_(std::move(value)) {}           // NOLINT
  static Value Array(std::vector<Value> items);
  static Value Object(std::vector<std::pair<std::string, Value>> members);

  ValueKind kind() const { return static_cast<ValueKind>(value_.index()); }
  bool IsPrimitive() const { return kind() != ValueKind::kArray && kind() != ValueKind::kObject; }

  // Null when the value is of another kind.
  const bool* as_boolean() const { return std::get_if<bool>(&value_); }
  const double* as_number() const { return std::get_if<double>(&value_); }
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const ArrayValue* as_array() const;
  const ObjectValue* as_object() const;

  // False, 0, NaN, the empty text and null do not hold; everything else does.
  bool Holds() const;

  // Texts by ParseNumber; null is 0; arrays and objects are NaN.
  double ToNumber() const;

  // Null is empty; arrays and objects are the names of their kinds.
  std::string ToText() const;

 private:
  std::variant<std::monostate, bool, double, std::string, ArrayPtr, ObjectPtr> value_;
};

// `filtered` marks the result of `.*`: a further index applies to each item and not to the array.
struct ArrayValue {
  std::vector<Value> items;
  bool filtered = false;
};

enum class KeyCase { kIgnored, kExact };

// Members in the order in which they were added.
class ObjectValue {
 public:
  explicit ObjectValue(KeyCase key_case = KeyCase::kIgnored) : key_case_(key_case) {}

  // Adds the member, or puts the value in the place of the one with the same key.
  void Set(std::string key, Value value);

  // The member's value, or null's address when there is none.
  const Value* Find(std::string_view key) const;

  const std::vector<std::pair<std::string, Value>>& members() const { return members_; }

 private:
  std::string IndexKey(std::string_view key) const;

  KeyCase key_case_;
  std::vector<std::pair<std::string, Value>> members_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// `==`: unlike kinds are compared as numbers, texts without regard to case, arrays and objects by identity. NaN equals nothing.
bool LooselyEqual(const Value& left, const Value& right);

// `<` and `>` by the same conversions; false for what has no order.
bool LooselyLess(const Value& left, const Value& right);

}  // namespace tuesday::expression
