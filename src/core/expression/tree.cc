// SPDX-License-Identifier: Apache-2.0
#include "core/expression/tree.h"

#include <algorithm>

#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

std::string QuoteLiteral(const Value& value) {
  if (value.kind() == ValueKind::kNull) return "null";
  const std::string* text = value.as_string();
  if (text == nullptr) return value.ToText();
  std::string out = "'";
  for (const char c : *text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string Join(const std::vector<Node>& parts, std::string_view between) {
  std::string out;
  for (const Node& part : parts) {
    if (&part != &parts.front()) out += between;
    out += PrintExpression(part);
  }
  return out;
}

std::string_view OperatorText(NodeKind kind) {
  switch (kind) {
    case NodeKind::kEqual: return " == ";
    case NodeKind::kNotEqual: return " != ";
    case NodeKind::kLess: return " < ";
    case NodeKind::kLessOrEqual: return " <= ";
    case NodeKind::kGreater: return " > ";
    case NodeKind::kGreaterOrEqual: return " >= ";
    case NodeKind::kAnd: return " && ";
    case NodeKind::kOr: return " || ";
    default: return "";
  }
}

std::string PrintIndex(const Node& node) {
  const Node& key = node.parts[1];
  std::string of = PrintExpression(node.parts[0]);
  // Without these it would not read as the same again.
  if (node.parts[0].kind == NodeKind::kLiteral || node.parts[0].kind == NodeKind::kNot) of = "(" + of + ")";
  if (key.kind == NodeKind::kWildcard) return of + ".*";
  const std::string* text = key.kind == NodeKind::kLiteral ? key.literal.as_string() : nullptr;
  if (text != nullptr && IsKeyword(*text)) return of + "." + *text;
  return of + "[" + PrintExpression(key) + "]";
}

}  // namespace

void Walk(const Node& node, const std::function<void(const Node&)>& visit) {
  visit(node);
  for (const Node& part : node.parts) Walk(part, visit);
}

bool CallsAny(const Node& node, const std::vector<std::string_view>& functions) {
  bool found = false;
  Walk(node, [&](const Node& each) {
    const auto same = [&](std::string_view name) { return SameText(name, each.name); };
    found = found || (each.kind == NodeKind::kCall && std::any_of(functions.begin(), functions.end(), same));
  });
  return found;
}

bool CallsStatusFunction(const Node& node) { return CallsAny(node, {"success", "failure", "always", "cancelled"}); }

std::string PrintExpression(const Node& node) {
  switch (node.kind) {
    case NodeKind::kLiteral: return QuoteLiteral(node.literal);
    case NodeKind::kNamedValue: return node.name;
    case NodeKind::kWildcard: return "*";
    case NodeKind::kIndex: return PrintIndex(node);
    case NodeKind::kCall: return node.name + "(" + Join(node.parts, ", ") + ")";
    case NodeKind::kNot: return "!" + PrintExpression(node.parts[0]);
    default: return "(" + Join(node.parts, OperatorText(node.kind)) + ")";
  }
}

}  // namespace tuesday::expression
