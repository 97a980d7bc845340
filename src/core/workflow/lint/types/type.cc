// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/types/type.h"

#include <algorithm>

namespace tuesday::workflow::lint {
namespace {

TypePtr Make(Type type) { return std::make_shared<const Type>(std::move(type)); }

bool IsPrimitive(const Type& type) {
  return type.kind == TypeKind::kNumber || type.kind == TypeKind::kBool || type.kind == TypeKind::kString;
}

TypePtr MergeObjects(const Type& left, const Type& right) {
  Type merged{.kind = TypeKind::kObject, .properties = left.properties, .rest = nullptr, .item = nullptr};
  for (const auto& [name, type] : right.properties) {
    const auto [place, added] = merged.properties.try_emplace(name, type);
    if (!added) place->second = Merge(place->second, type);
  }
  if (left.rest != nullptr && right.rest != nullptr) {
    merged.rest = Merge(left.rest, right.rest);
  } else {
    merged.rest = left.rest != nullptr ? left.rest : right.rest;
  }
  return Make(std::move(merged));
}

}  // namespace

TypePtr Any() {
  static const TypePtr kAny = Make({.kind = TypeKind::kAny});
  return kAny;
}

TypePtr Simple(TypeKind kind) { return Make({.kind = kind}); }

TypePtr ArrayOf(TypePtr item, bool filtered) {
  return Make({.kind = TypeKind::kArray, .properties = {}, .rest = nullptr, .item = std::move(item), .filtered = filtered});
}

TypePtr Strict(std::map<std::string, TypePtr> properties) {
  return Make({.kind = TypeKind::kObject, .properties = std::move(properties), .rest = nullptr, .item = nullptr});
}

TypePtr Open(std::map<std::string, TypePtr> properties) {
  return Make({.kind = TypeKind::kObject, .properties = std::move(properties), .rest = Any(), .item = nullptr});
}

TypePtr MapOf(TypePtr rest) {
  return Make({.kind = TypeKind::kObject, .properties = {}, .rest = std::move(rest), .item = nullptr});
}

std::string TypeText(const Type& type) {
  switch (type.kind) {
    case TypeKind::kAny: return "any";
    case TypeKind::kNull: return "null";
    case TypeKind::kNumber: return "number";
    case TypeKind::kBool: return "bool";
    case TypeKind::kString: return "string";
    case TypeKind::kArray: return "array<" + TypeText(*type.item) + ">";
    case TypeKind::kObject: break;
  }
  if (type.rest != nullptr) return type.rest->kind == TypeKind::kAny ? "object" : "{string => " + TypeText(*type.rest) + "}";
  std::string out;
  for (const auto& [name, property] : type.properties) out += (out.empty() ? "" : "; ") + name + ": " + TypeText(*property);
  return "{" + out + "}";
}

bool Fits(const Type& wanted, const Type& given) {
  if (wanted.kind == TypeKind::kAny || given.kind == TypeKind::kAny) return true;
  switch (wanted.kind) {
    case TypeKind::kString: return IsPrimitive(given);
    case TypeKind::kBool: return IsPrimitive(given) || given.kind == TypeKind::kNull;
    case TypeKind::kArray: return given.kind == TypeKind::kArray && Fits(*wanted.item, *given.item);
    case TypeKind::kObject: return given.kind == TypeKind::kObject;
    default: return wanted.kind == given.kind;
  }
}

TypePtr Merge(const TypePtr& left, const TypePtr& right) {
  if (left->kind == TypeKind::kAny || right->kind == TypeKind::kAny) return Any();
  if (left->kind == TypeKind::kObject && right->kind == TypeKind::kObject) return MergeObjects(*left, *right);
  if (left->kind == TypeKind::kArray && right->kind == TypeKind::kArray) {
    return ArrayOf(Merge(left->item, right->item), left->filtered || right->filtered);
  }
  if (left->kind == right->kind) return left;
  if (!IsPrimitive(*left) || !IsPrimitive(*right)) return Any();
  // A text can hold the other two.
  return left->kind == TypeKind::kString || right->kind == TypeKind::kString ? Simple(TypeKind::kString) : Any();
}

bool CanEqual(const Type& left, const Type& right) {
  const auto open = [](const Type& type) { return type.kind == TypeKind::kAny || type.kind == TypeKind::kNull; };
  if (open(left) || open(right)) return true;
  if (IsPrimitive(left) || IsPrimitive(right)) return IsPrimitive(left) && IsPrimitive(right);
  if (left.kind != right.kind) return false;
  return left.kind == TypeKind::kObject || CanEqual(*left.item, *right.item);
}

bool CanOrder(const Type& left, const Type& right) {
  const auto ordered = [](const Type& type) {
    return type.kind == TypeKind::kAny || type.kind == TypeKind::kNumber || type.kind == TypeKind::kString;
  };
  return ordered(left) && ordered(right);
}

TypePtr TypeOfValue(const expression::Value& value) {
  using expression::ValueKind;
  switch (value.kind()) {
    case ValueKind::kNull: return Simple(TypeKind::kNull);
    case ValueKind::kBoolean: return Simple(TypeKind::kBool);
    case ValueKind::kNumber: return Simple(TypeKind::kNumber);
    case ValueKind::kString: return Simple(TypeKind::kString);
    case ValueKind::kArray: {
      TypePtr item;
      for (const expression::Value& each : value.as_array()->items) {
        const TypePtr type = TypeOfValue(each);
        item = item == nullptr ? type : Merge(item, type);
      }
      return ArrayOf(item == nullptr ? Any() : item);
    }
    case ValueKind::kObject: {
      std::map<std::string, TypePtr> properties;
      for (const auto& [name, each] : value.as_object()->members()) properties[LowerCase(name)] = TypeOfValue(each);
      return Strict(std::move(properties));
    }
  }
  return Any();
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

}  // namespace tuesday::workflow::lint
