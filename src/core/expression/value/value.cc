// SPDX-License-Identifier: Apache-2.0
#include "core/expression/value/value.h"

#include <cmath>
#include <limits>
#include <optional>

#include "core/expression/value/number.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

// The two numbers to compare when the kinds differ or both are numbers; nothing when an array or object is among them.
std::optional<std::pair<double, double>> AsNumbers(const Value& left, const Value& right) {
  // An array or object is compared with a number as NaN would be: never equal, never ordered.
  if (!left.IsPrimitive() || !right.IsPrimitive()) return std::nullopt;
  return std::pair(left.ToNumber(), right.ToNumber());
}

}  // namespace

std::string_view ValueKindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull: return "Null";
    case ValueKind::kBoolean: return "Boolean";
    case ValueKind::kNumber: return "Number";
    case ValueKind::kString: return "String";
    case ValueKind::kArray: return "Array";
    case ValueKind::kObject: return "Object";
  }
  return "Null";
}

Value Value::Array(std::vector<Value> items) {
  return Value(std::make_shared<const ArrayValue>(ArrayValue{.items = std::move(items), .filtered = false}));
}

Value Value::Object(std::vector<std::pair<std::string, Value>> members) {
  auto object = std::make_shared<ObjectValue>();
  for (auto& [key, value] : members) object->Set(std::move(key), std::move(value));
  return Value(ObjectPtr(std::move(object)));
}

const ArrayValue* Value::as_array() const {
  const ArrayPtr* array = std::get_if<ArrayPtr>(&value_);
  return array == nullptr ? nullptr : array->get();
}

const ObjectValue* Value::as_object() const {
  const ObjectPtr* object = std::get_if<ObjectPtr>(&value_);
  return object == nullptr ? nullptr : object->get();
}

bool Value::Holds() const {
  switch (kind()) {
    case ValueKind::kNull: return false;
    case ValueKind::kBoolean: return *as_boolean();
    case ValueKind::kNumber: return *as_number() != 0 && !std::isnan(*as_number());
    case ValueKind::kString: return !as_string()->empty();
    case ValueKind::kArray:
    case ValueKind::kObject: return true;
  }
  return false;
}

double Value::ToNumber() const {
  switch (kind()) {
    case ValueKind::kNull: return 0;
    case ValueKind::kBoolean: return *as_boolean() ? 1 : 0;
    case ValueKind::kNumber: return *as_number();
    case ValueKind::kString: return ParseNumber(*as_string());
    case ValueKind::kArray:
    case ValueKind::kObject: break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string Value::ToText() const {
  switch (kind()) {
    case ValueKind::kNull: return "";
    case ValueKind::kBoolean: return *as_boolean() ? "true" : "false";
    case ValueKind::kNumber: return NumberText(*as_number());
    case ValueKind::kString: return *as_string();
    case ValueKind::kArray:
    case ValueKind::kObject: break;
  }
  return std::string(ValueKindName(kind()));
}

void ObjectValue::Set(std::string key, Value value) {
  const auto [place, added] = places_.try_emplace(IndexKey(key), members_.size());
  if (added) {
    members_.emplace_back(std::move(key), std::move(value));
  } else {
    members_[place->second].second = std::move(value);
  }
}

const Value* ObjectValue::Find(std::string_view key) const {
  const auto found = places_.find(IndexKey(key));
  return found == places_.end() ? nullptr : &members_[found->second].second;
}

std::string ObjectValue::IndexKey(std::string_view key) const {
  return key_case_ == KeyCase::kExact ? std::string(key) : UpperCase(key);
}

bool LooselyEqual(const Value& left, const Value& right) {
  if (left.kind() == right.kind()) {
    switch (left.kind()) {
      case ValueKind::kNull: return true;
      case ValueKind::kString: return SameText(*left.as_string(), *right.as_string());
      case ValueKind::kArray: return left.as_array() == right.as_array();
      case ValueKind::kObject: return left.as_object() == right.as_object();
      case ValueKind::kBoolean:
      case ValueKind::kNumber: break;
    }
  }
  const auto numbers = AsNumbers(left, right);
  return numbers.has_value() && numbers->first == numbers->second;
}

bool LooselyLess(const Value& left, const Value& right) {
  if (left.kind() == right.kind() && left.kind() == ValueKind::kString) {
    return CompareText(*left.as_string(), *right.as_string()) < 0;
  }
  const auto numbers = AsNumbers(left, right);
  // Nothing is less than itself, and null has no order with null; as numbers both come out so.
  return numbers.has_value() && numbers->first < numbers->second;
}

}  // namespace tuesday::expression
