// SPDX-License-Identifier: Apache-2.0
// Go's predefined template functions (text/template/funcs.go).
#include <fmt/format.h>

#include <optional>

#include "core/rules/template/functions.h"

namespace tuesday::rules::text {
namespace {

enum class Basic { kNone, kBool, kInt, kUint, kFloat, kString };

Basic BasicOf(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kBool: return Basic::kBool;
    case Value::Kind::kInt:
    case Value::Kind::kDuration: return Basic::kInt;
    case Value::Kind::kUint: return Basic::kUint;
    case Value::Kind::kFloat: return Basic::kFloat;
    case Value::Kind::kString:
    case Value::Kind::kHtml: return Basic::kString;
    default: return Basic::kNone;
  }
}

// Below, equal, above; `unordered` for NaN.
enum class Order { kLess, kEqual, kMore, kUnordered };

template <typename T>
Order OrderOf(const T& a, const T& b) {
  if (a < b) return Order::kLess;
  if (b < a) return Order::kMore;
  return a == b ? Order::kEqual : Order::kUnordered;
}

Result<Order> Compare(const Value& a, const Value& b) {
  const Basic left = BasicOf(a);
  const Basic right = BasicOf(b);
  if (left == Basic::kNone || right == Basic::kNone) return FunctionError("invalid type for comparison");
  if (left == Basic::kInt && right == Basic::kUint) {
    return a.integer < 0 ? Order::kLess : OrderOf(static_cast<std::uint64_t>(a.integer), b.natural);
  }
  if (left == Basic::kUint && right == Basic::kInt) {
    return b.integer < 0 ? Order::kMore : OrderOf(a.natural, static_cast<std::uint64_t>(b.integer));
  }
  if (left != right) return FunctionError("incompatible types for comparison");
  switch (left) {
    case Basic::kBool: return a.boolean == b.boolean ? Order::kEqual : Order::kUnordered;
    case Basic::kInt: return OrderOf(a.integer, b.integer);
    case Basic::kUint: return OrderOf(a.natural, b.natural);
    case Basic::kFloat: return OrderOf(a.number, b.number);
    default: return OrderOf(a.string, b.string);
  }
}

Result<Value> Equal(const Surroundings&, const Arguments& arguments) {
  if (arguments.size() < 2) return FunctionError("missing argument for comparison");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const bool nils = arguments[0].kind == Value::Kind::kNone || arguments[i].kind == Value::Kind::kNone;
    if (nils) {
      if (arguments[0].kind == arguments[i].kind) return Value::Bool(true);
      continue;
    }
    TRY(const Order order, Compare(arguments[0], arguments[i]));
    if (order == Order::kEqual) return Value::Bool(true);
  }
  return Value::Bool(false);
}

Result<Value> NotEqual(const Surroundings& around, const Arguments& arguments) {
  TRY(const Value equal, Equal(around, arguments));
  return Value::Bool(!equal.boolean);
}

template <bool (*accepts)(Order)>
Result<Value> Ordered(const Surroundings&, const Arguments& arguments) {
  if (BasicOf(arguments[0]) == Basic::kBool) return FunctionError("invalid type for comparison");
  TRY(const Order order, Compare(arguments[0], arguments[1]));
  return Value::Bool(accepts(order));
}
bool IsLess(Order order) { return order == Order::kLess; }
bool IsLessOrEqual(Order order) { return order == Order::kLess || order == Order::kEqual; }
bool IsMore(Order order) { return order == Order::kMore; }
bool IsMoreOrEqual(Order order) { return order == Order::kMore || order == Order::kEqual; }

Result<Value> Len(const Surroundings&, const Arguments& arguments) {
  const Value& value = arguments[0];
  if (value.IsText()) return Value::Int(static_cast<std::int64_t>(value.string.size()));
  if (value.kind == Value::Kind::kList) return Value::Int(static_cast<std::int64_t>(value.list->size()));
  if (value.kind == Value::Kind::kMap) return Value::Int(static_cast<std::int64_t>(value.members->size()));
  return FunctionError(value.kind == Value::Kind::kNone ? "len of nil pointer"
                                                        : fmt::format("len of type {}", TypeName(value)));
}

// A position in something of `size`; `size` itself is allowed for the ends of a slice.
Result<std::size_t> Position(const Value& index, std::size_t size, bool end_allowed) {
  if (index.kind != Value::Kind::kInt && index.kind != Value::Kind::kUint) {
    return FunctionError(fmt::format("cannot index slice/array with type {}", TypeName(index)));
  }
  const std::int64_t at = index.kind == Value::Kind::kInt ? index.integer : static_cast<std::int64_t>(index.natural);
  if (at < 0 || at > static_cast<std::int64_t>(size) || (at == static_cast<std::int64_t>(size) && !end_allowed)) {
    return FunctionError(fmt::format("index out of range: {}", at));
  }
  return static_cast<std::size_t>(at);
}

Result<Value> Index(const Surroundings&, const Arguments& arguments) {
  Value value = arguments[0];
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (value.kind == Value::Kind::kNone) return FunctionError("index of untyped nil");
    if (value.kind == Value::Kind::kMap) {
      if (!arguments[i].IsText())
        return FunctionError(fmt::format("value has type {}; should be string", TypeName(arguments[i])));
      const auto found = value.members->find(arguments[i].string);
      const Value missing = value.missing_is_empty ? Value::String("") : Value::None();
      value = found == value.members->end() ? missing : Value(found->second);
    } else if (value.kind == Value::Kind::kList) {
      TRY(const std::size_t at, Position(arguments[i], value.list->size(), false));
      value = Value((*value.list)[at]);
    } else if (value.IsText()) {
      TRY(const std::size_t at, Position(arguments[i], value.string.size(), false));
      value = Value::Int(static_cast<unsigned char>(value.string[at]));
    } else {
      return FunctionError(fmt::format("can't index item of type {}", TypeName(value)));
    }
  }
  return value;
}

Result<Value> Slice(const Surroundings&, const Arguments& arguments) {
  const Value& value = arguments[0];
  if (!value.IsText() && value.kind != Value::Kind::kList) {
    return FunctionError(fmt::format("can't slice item of type {}", TypeName(value)));
  }
  if (arguments.size() > 3) return FunctionError(fmt::format("too many slice indexes: {}", arguments.size() - 1));
  const std::size_t size = value.IsText() ? value.string.size() : value.list->size();
  std::size_t from = 0;
  std::size_t to = size;
  if (arguments.size() > 1) {
    TRY(from, Position(arguments[1], size, true));
  }
  if (arguments.size() > 2) {
    TRY(to, Position(arguments[2], size, true));
  }
  if (from > to) return FunctionError(fmt::format("invalid slice index: {} > {}", from, to));
  if (value.IsText()) return Value::String(value.string.substr(from, to - from));
  const auto begin = value.list->begin();
  return Value::Of(Value::List(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to)), value.type);
}

std::string EscapeJs(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\\': escaped += "\\\\"; break;
      case '\'': escaped += "\\'"; break;
      case '"': escaped += "\\\""; break;
      case '<': escaped += "\\u003C"; break;
      case '>': escaped += "\\u003E"; break;
      case '&': escaped += "\\u0026"; break;
      case '=': escaped += "\\u003D"; break;
      default:
        if (static_cast<unsigned char>(c) < ' ') {
          escaped += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

Result<Value> Never(const Surroundings&, const Arguments&) { return FunctionError("not a function value"); }

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '&': escaped += "&amp;"; break;
      case '"': escaped += "&#34;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string EscapeQuery(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    if (plain) {
      escaped += c;
    } else if (c == ' ') {
      escaped += '+';
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

void AddBuiltins(FunctionTable& table) {
  using A = const Arguments&;
  using S = const Surroundings&;
  table["and"] = {"aa*", Never};
  table["or"] = {"aa*", Never};
  table["call"] = {"aa*", Never};
  table["not"] = {"a", [](S, A a) -> Result<Value> { return Value::Bool(!Truth(a[0])); }};
  table["eq"] = {"aa*", Equal};
  table["ne"] = {"aa", NotEqual};
  table["lt"] = {"aa", Ordered<IsLess>};
  table["le"] = {"aa", Ordered<IsLessOrEqual>};
  table["gt"] = {"aa", Ordered<IsMore>};
  table["ge"] = {"aa", Ordered<IsMoreOrEqual>};
  table["len"] = {"a", Len};
  table["index"] = {"aa*", Index};
  table["slice"] = {"aa*", Slice};
  table["print"] = {"a*", [](S, A a) -> Result<Value> { return Value::String(Sprint(a)); }};
  table["println"] = {"a*", [](S, A a) -> Result<Value> {
                        std::string line;
                        for (const Value& value : a) line += (line.empty() ? "" : " ") + PrintValue(value);
                        return Value::String(line + "\n");
                      }};
  table["printf"] = {"sa*", [](S, A a) -> Result<Value> { return Value::String(Sprintf(a[0].string, a, 1)); }};
  table["html"] = {"a*", [](S, A a) -> Result<Value> { return Value::String(EscapeHtml(Sprint(a))); }};
  table["js"] = {"a*", [](S, A a) -> Result<Value> { return Value::String(EscapeJs(Sprint(a))); }};
  table["urlquery"] = {"a*", [](S, A a) -> Result<Value> { return Value::String(EscapeQuery(Sprint(a))); }};
}

const FunctionTable& Functions() {
  static const FunctionTable kTable = [] {
    FunctionTable table;
    AddBuiltins(table);
    AddPrometheusFunctions(table);
    AddHumanizers(table);
    return table;
  }();
  return kTable;
}

}  // namespace tuesday::rules::text
