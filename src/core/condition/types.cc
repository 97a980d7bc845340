// SPDX-License-Identifier: Apache-2.0
// What is known of a condition before there is a value: which functions there are, and which types can never meet.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "core/condition/lexer.h"
#include "core/condition/node.h"

namespace tuesday::condition {
namespace {

using Kind = Node::Kind;

constexpr auto kBuiltins = std::to_array<Builtin>({
    Builtin{"len", 1, 1, false, Type::kNumber, "elements of an array or map, characters of a text"},
    Builtin{"all", 2, 2, true, Type::kBool, "every element satisfies the predicate"},
    Builtin{"any", 2, 2, true, Type::kBool, "at least one does"},
    Builtin{"none", 2, 2, true, Type::kBool, "none does"},
    Builtin{"one", 2, 2, true, Type::kBool, "exactly one does"},
    Builtin{"filter", 2, 2, true, Type::kArray, "those that do"},
    Builtin{"map", 2, 2, true, Type::kArray, "what the closure gives for each"},
    Builtin{"count", 1, 2, true, Type::kNumber, "how many do; without a predicate, how many are true"},
    Builtin{"sum", 1, 2, true, Type::kNumber, "of the numbers, or of what the closure gives"},
    Builtin{"reduce", 2, 3, true, Type::kAny, "`reduce(result, #acc + #, 0)`"},
    Builtin{"find", 2, 2, true, Type::kAny, "the first that does, or nil"},
    Builtin{"findIndex", 2, 2, true, Type::kAny, "its index, or nil"},
    Builtin{"findLast", 2, 2, true, Type::kAny, "the last that does, or nil"},
    Builtin{"findLastIndex", 2, 2, true, Type::kAny, "its index, or nil"},
    Builtin{"sortBy", 2, 2, true, Type::kArray, "sorted by what the closure gives"},
    Builtin{"groupBy", 2, 2, true, Type::kMap, "arrays by what the closure gives"},
    Builtin{"countBy", 2, 2, true, Type::kMap, "counts by what the closure gives"},
    Builtin{"max", 1, 16, false, Type::kNumber, "the greatest of the arguments, or of one array"},
    Builtin{"min", 1, 16, false, Type::kNumber, "the least"},
    Builtin{"mean", 1, 16, false, Type::kNumber, "the average"},
    Builtin{"median", 1, 16, false, Type::kNumber, "the middle"},
    Builtin{"abs", 1, 1, false, Type::kNumber, "without its sign"},
    Builtin{"ceil", 1, 1, false, Type::kNumber, "rounded up"},
    Builtin{"floor", 1, 1, false, Type::kNumber, "rounded down"},
    Builtin{"round", 1, 1, false, Type::kNumber, "rounded"},
    Builtin{"int", 1, 1, false, Type::kNumber, "as an integer"},
    Builtin{"float", 1, 1, false, Type::kNumber, "as a float"},
    Builtin{"string", 1, 1, false, Type::kString, "as a text"},
    Builtin{"first", 1, 1, false, Type::kAny, "the first element, or nil"},
    Builtin{"last", 1, 1, false, Type::kAny, "the last element, or nil"},
    Builtin{"get", 2, 2, false, Type::kAny, "an element or member, or nil where there is none"},
    Builtin{"take", 2, 2, false, Type::kArray, "the first so many"},
    Builtin{"reverse", 1, 1, false, Type::kArray, "in the other order"},
    Builtin{"sort", 1, 2, false, Type::kArray, "in ascending order, or `sort(x, \"desc\")`"},
    Builtin{"uniq", 1, 1, false, Type::kArray, "without repetitions"},
    Builtin{"flatten", 1, 1, false, Type::kArray, "arrays in it taken apart"},
    Builtin{"concat", 1, 16, false, Type::kArray, "arrays one after the other"},
    Builtin{"join", 1, 2, false, Type::kString, "texts in one, with a text between"},
    Builtin{"keys", 1, 1, false, Type::kArray, "of a map"},
    Builtin{"values", 1, 1, false, Type::kArray, "of a map"},
    Builtin{"upper", 1, 1, false, Type::kString, "in capitals"},
    Builtin{"lower", 1, 1, false, Type::kString, "in small letters"},
    Builtin{"trim", 1, 1, false, Type::kString, "without blanks at both ends"},
    Builtin{"trimPrefix", 2, 2, false, Type::kString, "without this beginning"},
    Builtin{"trimSuffix", 2, 2, false, Type::kString, "without this end"},
    Builtin{"split", 2, 2, false, Type::kArray, "the parts between"},
    Builtin{"replace", 3, 3, false, Type::kString, "every occurrence"},
    Builtin{"repeat", 2, 2, false, Type::kString, "so many times"},
    Builtin{"indexOf", 2, 2, false, Type::kNumber, "where a text first stands in another, or -1"},
    Builtin{"lastIndexOf", 2, 2, false, Type::kNumber, "where it last does, or -1"},
    Builtin{"hasPrefix", 2, 2, false, Type::kBool, "begins so"},
    Builtin{"hasSuffix", 2, 2, false, Type::kBool, "ends so"},
    Builtin{"fromJSON", 1, 1, false, Type::kAny, "a text read as JSON"},
    Builtin{"toJSON", 1, 1, false, Type::kString, "as JSON"},
    Builtin{"asInt", 1, 1, false, Type::kNumber, "a number or text as an integer (Argo)"},
    Builtin{"asFloat", 1, 1, false, Type::kNumber, "a number or text as a float (Argo)"},
    Builtin{"isNaN", 1, 1, false, Type::kBool, "not a number (Argo)"},
    Builtin{"isInf", 1, 1, false, Type::kBool, "infinite (Argo)"},
    Builtin{"isNil", 1, 1, false, Type::kBool, "the whole result is nil or empty, whatever the argument (Argo)"},
    Builtin{"default", 2, 2, false, Type::kAny, "the second where the whole result is nil or empty (Argo)"},
    Builtin{"not", 1, 1, false, Type::kBool, "the opposite"},
    Builtin{"type", 1, 1, false, Type::kString, "the name of its type"},
});

std::string_view Name(Type type) {
  switch (type) {
    case Type::kAny: return "any";
    case Type::kNil: return "nil";
    case Type::kBool: return "bool";
    case Type::kNumber: return "number";
    case Type::kString: return "string";
    case Type::kArray: return "array";
    case Type::kMap: return "map";
  }
  return "any";
}

Type TypeOfValue(const Json& value) {
  if (value.is_null()) return Type::kNil;
  if (value.as_bool() != nullptr) return Type::kBool;
  if (value.as_string() != nullptr) return Type::kString;
  if (value.as_array() != nullptr) return Type::kArray;
  return value.as_object() != nullptr ? Type::kMap : Type::kNumber;
}

bool MayBe(Type type, Type wanted) { return type == Type::kAny || type == wanted; }

// The child's type, which must be able to be `wanted`.
Result<void> Want(const Node& child, Type wanted) {
  TRY(const Type type, TypeOf(child));
  if (MayBe(type, wanted)) return {};
  return FailAt(child.column, fmt::format("a {} is expected here, and this is always a {}.", Name(wanted), Name(type)));
}

std::unexpected<Error> Mismatch(const Node& node, Type left, Type right) {
  return FailAt(node.column, fmt::format("invalid operation: {} {} {}", Name(left), node.text, Name(right)));
}

bool IsOneOf(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, std::string_view(text)) != words.end();
}

Result<Type> TypeOfText(const Node& node) {
  TRY_OK(Want(*node.children[0], Type::kString));
  TRY_OK(Want(*node.children[1], Type::kString));
  const Node& right = *node.children[1];
  if (node.text == "matches" && right.kind == Kind::kLiteral) {
    const re2::RE2 pattern(right.value.StringOr(""), re2::RE2::Quiet);
    if (!pattern.ok()) return FailAt(right.column, fmt::format("This is no regular expression: {}.", pattern.error()));
  }
  return Type::kBool;
}

Result<Type> TypeOfBinary(const Node& node) {
  const std::string& op = node.text;
  if (IsOneOf(op, {"&&", "and", "||", "or"})) {
    for (const auto& child : node.children) TRY_OK(Want(*child, Type::kBool));
    return Type::kBool;
  }
  if (IsOneOf(op, {"matches", "contains", "startsWith", "endsWith"})) return TypeOfText(node);
  TRY(const Type left, TypeOf(*node.children[0]));
  TRY(const Type right, TypeOf(*node.children[1]));
  const bool open = left == Type::kAny || right == Type::kAny;
  if (op == "??") return left == right ? left : Type::kAny;
  if (op == "==" || op == "!=") {
    if (open || left == right || left == Type::kNil || right == Type::kNil) return Type::kBool;
    return Mismatch(node, left, right);
  }
  if (op == "in") {
    if (MayBe(right, Type::kArray) || right == Type::kMap || right == Type::kNil) return Type::kBool;
    return Mismatch(node, left, right);
  }
  const bool order = IsOneOf(op, {"<", ">", "<=", ">="});
  const bool texts = (order || op == "+") && MayBe(left, Type::kString) && MayBe(right, Type::kString);
  const bool numbers = MayBe(left, Type::kNumber) && MayBe(right, Type::kNumber);
  if (!texts && !numbers) return Mismatch(node, left, right);
  if (order) return Type::kBool;
  if (op == "..") return Type::kArray;
  return texts && numbers ? Type::kAny : texts ? Type::kString : Type::kNumber;
}

// Each child is looked at once: calls may stand in calls as deep as the parser lets them.
Result<Type> TypeOfCall(const Node& node) {
  const Builtin& builtin = *FindBuiltin(node.text);
  constexpr auto kPredicates = std::to_array<std::string_view>(
      {"all", "any", "none", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"});
  const bool predicate = std::ranges::find(kPredicates, builtin.name) != kPredicates.end();
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    Type wanted = Type::kAny;
    if (i == 0 && builtin.closure) wanted = Type::kArray;
    if (i == 1 && predicate) wanted = Type::kBool;
    if (node.text == "not") wanted = Type::kBool;
    if (wanted == Type::kAny) {
      TRY_OK(TypeOf(*node.children[i]));
    } else {
      TRY_OK(Want(*node.children[i], wanted));
    }
  }
  return builtin.gives;
}

Result<Type> TypeOfAccess(const Node& node) {
  TRY(const Type base, TypeOf(*node.children[0]));
  for (std::size_t i = 1; i < node.children.size(); ++i) TRY_OK(TypeOf(*node.children[i]));
  const bool member = node.kind == Kind::kMember;
  if (MayBe(base, Type::kMap) && node.kind != Kind::kSlice) return Type::kAny;
  if (!member && MayBe(base, Type::kArray)) return node.kind == Kind::kSlice ? Type::kArray : Type::kAny;
  if (base == Type::kNil && node.optional) return Type::kNil;
  return FailAt(node.column, fmt::format("a {} has no {}.", Name(base), member ? "members" : "elements"));
}

}  // namespace

std::span<const Builtin> Builtins() { return kBuiltins; }

const Builtin* FindBuiltin(std::string_view name) {
  const auto found = std::ranges::find(kBuiltins, name, &Builtin::name);
  return found == kBuiltins.end() ? nullptr : &*found;
}

Result<Type> TypeOf(const Node& node) {
  switch (node.kind) {
    case Kind::kLiteral: return TypeOfValue(node.value);
    case Kind::kArray:
    case Kind::kMap:
      for (const auto& child : node.children) TRY_OK(TypeOf(*child));
      return node.kind == Kind::kArray ? Type::kArray : Type::kMap;
    case Kind::kResult:
    case Kind::kVariable: return Type::kAny;
    case Kind::kElement: return node.text == "index" ? Type::kNumber : Type::kAny;
    case Kind::kMember:
    case Kind::kIndex:
    case Kind::kSlice: return TypeOfAccess(node);
    case Kind::kUnary:
      TRY_OK(Want(*node.children[0], node.text == "not" ? Type::kBool : Type::kNumber));
      return node.text == "not" ? Type::kBool : Type::kNumber;
    case Kind::kBinary: return TypeOfBinary(node);
    case Kind::kTernary: {
      TRY_OK(Want(*node.children[0], Type::kBool));
      TRY(const Type yes, TypeOf(*node.children[1]));
      TRY(const Type no, TypeOf(*node.children[2]));
      return yes == no ? yes : Type::kAny;
    }
    case Kind::kLet: {
      TRY_OK(TypeOf(*node.children[0]));
      return TypeOf(*node.children[1]);
    }
    case Kind::kCall: return TypeOfCall(node);
  }
  return Type::kAny;
}

}  // namespace tuesday::condition
