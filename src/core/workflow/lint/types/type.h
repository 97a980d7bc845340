// SPDX-License-Identifier: Apache-2.0
// What an expression can be, as far as the file tells: the types of the linter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/value/value.h"

namespace tuesday::workflow::lint {

enum class TypeKind { kAny, kNull, kNumber, kBool, kString, kObject, kArray };

struct Type;
using TypePtr = std::shared_ptr<const Type>;

// `properties` have their names in lower case. `rest` is the type of the properties that are not listed; without it there are
// none. `filtered` marks the array that `.*` made: a property of it is an array again.
struct Type {
  TypeKind kind = TypeKind::kAny;
  std::map<std::string, TypePtr> properties;
  TypePtr rest;
  TypePtr item;
  bool filtered = false;
};

TypePtr Any();
TypePtr Simple(TypeKind kind);
TypePtr ArrayOf(TypePtr item, bool filtered = false);
TypePtr Strict(std::map<std::string, TypePtr> properties);
TypePtr Open(std::map<std::string, TypePtr> properties);  // Everything else is any.
TypePtr MapOf(TypePtr rest);

// "{id: string; labels: array<any>}".
std::string TypeText(const Type& type);

// Whether a value of `given` may stand where `wanted` is. Numbers and booleans are texts; null is nothing but null.
bool Fits(const Type& wanted, const Type& given);

// What is true of both.
TypePtr Merge(const TypePtr& left, const TypePtr& right);

// Whether `==` can hold, or for an order whether `<` has one.
bool CanEqual(const Type& left, const Type& right);
bool CanOrder(const Type& left, const Type& right);

TypePtr TypeOfValue(const expression::Value& value);

std::string LowerCase(std::string_view text);

}  // namespace tuesday::workflow::lint
