// SPDX-License-Identifier: Apache-2.0
#include "core/rules/template/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace tuesday::rules::text {
namespace {

Value Make(Value::Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

std::string PrintMembers(const Value::Members& members, bool names) {
  std::string text;
  for (const auto& [name, value] : members) {
    if (!text.empty()) text += ' ';
    if (names) text += name + ":";
    text += PrintValue(value);
  }
  return text;
}

}  // namespace

Value Value::Bool(bool value) {
  Value made = Make(Kind::kBool);
  made.boolean = value;
  return made;
}
Value Value::Int(std::int64_t value) {
  Value made = Make(Kind::kInt);
  made.integer = value;
  return made;
}
Value Value::Uint(std::uint64_t value) {
  Value made = Make(Kind::kUint);
  made.natural = value;
  return made;
}
Value Value::Float(double value) {
  Value made = Make(Kind::kFloat);
  made.number = value;
  return made;
}
Value Value::String(std::string value) {
  Value made = Make(Kind::kString);
  made.string = std::move(value);
  return made;
}
Value Value::Html(std::string value) {
  Value made = Make(Kind::kHtml);
  made.string = std::move(value);
  return made;
}
Value Value::Of(List items, std::string type) {
  Value made = Make(Kind::kList);
  made.list = std::make_shared<const List>(std::move(items));
  made.type = std::move(type);
  return made;
}
Value Value::Of(Members members, std::string type) {
  Value made = Make(Kind::kMap);
  made.members = std::make_shared<const Members>(std::move(members));
  made.type = std::move(type);
  return made;
}
Value Value::StringMap(const std::map<std::string, std::string>& entries) {
  Members members;
  for (const auto& [key, text] : entries) members.emplace(key, Value::String(text));
  Value made = Of(std::move(members), "map[string]string");
  made.missing_is_empty = true;
  return made;
}
Value Value::Record(Members fields, std::string type) {
  Value made = Make(Kind::kRecord);
  made.members = std::make_shared<const Members>(std::move(fields));
  made.type = std::move(type);
  return made;
}
Value Value::Time(std::int64_t nanoseconds) {
  Value made = Make(Kind::kTime);
  made.integer = nanoseconds;
  return made;
}
Value Value::Duration(std::int64_t nanoseconds) {
  Value made = Make(Kind::kDuration);
  made.integer = nanoseconds;
  return made;
}

bool Truth(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNone: return false;
    case Value::Kind::kBool: return value.boolean;
    case Value::Kind::kInt:
    case Value::Kind::kDuration: return value.integer != 0;
    case Value::Kind::kUint: return value.natural != 0;
    case Value::Kind::kFloat: return value.number != 0;
    case Value::Kind::kString:
    case Value::Kind::kHtml: return !value.string.empty();
    case Value::Kind::kList: return !value.list->empty();
    case Value::Kind::kMap: return !value.members->empty();
    case Value::Kind::kRecord:
    case Value::Kind::kTime: return true;
  }
  return false;
}

std::string TypeName(const Value& value) {
  if (!value.type.empty()) return value.type;
  switch (value.kind) {
    case Value::Kind::kNone: return "<nil>";
    case Value::Kind::kBool: return "bool";
    case Value::Kind::kInt: return "int";
    case Value::Kind::kUint: return "uint64";
    case Value::Kind::kFloat: return "float64";
    case Value::Kind::kString: return "string";
    case Value::Kind::kHtml: return "template.HTML";
    case Value::Kind::kList: return "[]interface {}";
    case Value::Kind::kMap: return "map[string]interface {}";
    case Value::Kind::kRecord: return "struct";
    case Value::Kind::kTime: return "*time.Time";
    case Value::Kind::kDuration: return "*time.Duration";
  }
  return "";
}

std::string PrintValue(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNone: return "<no value>";
    case Value::Kind::kBool: return value.boolean ? "true" : "false";
    case Value::Kind::kInt: return fmt::format("{}", value.integer);
    case Value::Kind::kUint: return fmt::format("{}", value.natural);
    case Value::Kind::kFloat: return PrintFloat(value.number);
    case Value::Kind::kString:
    case Value::Kind::kHtml: return value.string;
    case Value::Kind::kList: {
      std::string text;
      for (const Value& item : *value.list) {
        if (!text.empty()) text += ' ';
        text += PrintValue(item);
      }
      return "[" + text + "]";
    }
    case Value::Kind::kMap: return "map[" + PrintMembers(*value.members, true) + "]";
    case Value::Kind::kRecord: return "{" + PrintMembers(*value.members, false) + "}";
    case Value::Kind::kTime: return PrintTime(value.integer);
    case Value::Kind::kDuration: return PrintDuration(value.integer);
  }
  return "";
}

namespace {

std::string WordOfUnusual(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

}  // namespace

std::string PrintFloat(double value) {
  if (!std::isfinite(value)) return WordOfUnusual(value);
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  const double size = std::fabs(value);
  // Go decides by the exponent of the shortest digits: fixed for -4 <= exponent < 21 with %v, which is 6 for 'g' with
  // shortest digits; the smaller one holds.
  char buffer[64];
  const auto end = size >= 1e-4 && size < 1e6
                       ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed)
                       : std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  return std::string(buffer, end.ptr);
}

std::string FourDigits(double value) {
  if (!std::isfinite(value)) return WordOfUnusual(value);
  return fmt::format("{:.4g}", value);
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\t': quoted += "\\t"; break;
      case '\r': quoted += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + "\"";
}

}  // namespace tuesday::rules::text
