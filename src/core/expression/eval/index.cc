// SPDX-License-Identifier: Apache-2.0
// `a.b`, `a[0]`, `a.*`: what is not there is null, and in a filtered array left out.
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/expression/eval/functions.h"

namespace tuesday::expression {
namespace {

std::optional<std::size_t> ArrayIndex(const Value& key) {
  const double number = std::floor(key.ToNumber());
  if (std::isnan(number) || key.ToNumber() < 0 || number > INT32_MAX) return std::nullopt;
  return static_cast<std::size_t>(number);
}

// The one value under `key`, or null's address.
const Value* Lookup(const Value& of, const Value& key) {
  if (const ObjectValue* object = of.as_object(); object != nullptr) {
    return key.IsPrimitive() ? object->Find(key.ToText()) : nullptr;
  }
  const ArrayValue* array = of.as_array();
  const std::optional<std::size_t> index = ArrayIndex(key);
  return array != nullptr && index.has_value() && *index < array->items.size() ? &array->items[*index] : nullptr;
}

Outcome<void> AddAll(const Value& of, ArrayValue& to, ByteCount& bytes) {
  const std::size_t before = to.items.size();
  if (const ArrayValue* array = of.as_array(); array != nullptr) {
    to.items.insert(to.items.end(), array->items.begin(), array->items.end());
  } else if (const ObjectValue* object = of.as_object(); object != nullptr) {
    for (const auto& [key, value] : object->members()) to.items.push_back(value);
  }
  return bytes.Add((to.items.size() - before) * kPointerBytes);
}

}  // namespace

Outcome<Value> IndexValue(const Value& of, const Value* key, ByteCount& bytes) {
  const ArrayValue* array = of.as_array();
  const bool filtered = array != nullptr && array->filtered;
  if (!filtered && key != nullptr) {
    const Value* found = Lookup(of, *key);
    return found == nullptr ? Value() : *found;
  }
  auto result = std::make_shared<ArrayValue>();
  result->filtered = true;
  TRY_OK(bytes.Add(kObjectBytes));
  if (!filtered) {
    TRY_OK(AddAll(of, *result, bytes));
    return Value(ArrayPtr(std::move(result)));
  }
  for (const Value& item : array->items) {
    if (key == nullptr) {
      TRY_OK(AddAll(item, *result, bytes));
    } else if (const Value* found = Lookup(item, *key); found != nullptr) {
      TRY_OK(bytes.Add(kPointerBytes));
      result->items.push_back(*found);
    }
  }
  return Value(ArrayPtr(std::move(result)));
}

}  // namespace tuesday::expression
