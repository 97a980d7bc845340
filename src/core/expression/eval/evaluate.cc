// SPDX-License-Identifier: Apache-2.0
#include "core/expression/eval/evaluate.h"

#include "core/expression/eval/functions.h"
#include "core/expression/value/json.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

std::unexpected<Problem> Refuse(const Node& node, std::string message) {
  return std::unexpected(Problem{ProblemKind::kEvaluation, std::move(message), node.offset});
}

class Evaluator {
 public:
  Evaluator(const Node& root, const Host& host, std::size_t bytes_max)
      : host_(host), bytes_max_(bytes_max), memory_(root, bytes_max) {}

  // Recursion is bounded by kExpressionDepthMax, which the parser holds.
  Outcome<Value> At(const Node& node, std::size_t depth) {
    ByteCount bytes(node, bytes_max_);
    TRY(Value value, Core(node, depth, bytes));
    const auto below = value.IsPrimitive() ? DepthCount::Below::kReleased : DepthCount::Below::kKept;
    TRY_OK(memory_.Add(depth, bytes.bytes() > 0 && !value.IsPrimitive() ? bytes.bytes() : ValueBytes(value), below));
    return value;
  }

 private:
  Outcome<Value> Core(const Node& node, std::size_t depth, ByteCount& bytes) {
    switch (node.kind) {
      case NodeKind::kLiteral: return node.literal;
      case NodeKind::kNamedValue: return host_.NamedValue(node.name);
      case NodeKind::kWildcard: return Value("*");
      case NodeKind::kIndex: return Index(node, depth, bytes);
      case NodeKind::kCall: return Call(node, depth, bytes);
      case NodeKind::kNot: {
        TRY(const Value value, At(node.parts[0], depth + 1));
        return Value(!value.Holds());
      }
      case NodeKind::kAnd:
      case NodeKind::kOr: return Chain(node, depth);
      default: return Compare(node, depth);
    }
  }

  Outcome<Value> Chain(const Node& node, std::size_t depth) {
    Value value;
    for (const Node& part : node.parts) {
      TRY(value, At(part, depth + 1));
      if (value.Holds() == (node.kind == NodeKind::kOr)) break;
    }
    return value;
  }

  Outcome<Value> Compare(const Node& node, std::size_t depth) {
    TRY(const Value left, At(node.parts[0], depth + 1));
    TRY(const Value right, At(node.parts[1], depth + 1));
    switch (node.kind) {
      case NodeKind::kEqual: return Value(LooselyEqual(left, right));
      case NodeKind::kNotEqual: return Value(!LooselyEqual(left, right));
      case NodeKind::kLess: return Value(LooselyLess(left, right));
      case NodeKind::kLessOrEqual: return Value(LooselyEqual(left, right) || LooselyLess(left, right));
      case NodeKind::kGreater: return Value(LooselyLess(right, left));
      default: return Value(LooselyEqual(left, right) || LooselyLess(right, left));
    }
  }

  Outcome<Value> Index(const Node& node, std::size_t depth, ByteCount& bytes) {
    TRY(const Value of, At(node.parts[0], depth + 1));
    if (node.parts[1].kind == NodeKind::kWildcard) return IndexValue(of, nullptr, bytes);
    if (of.IsPrimitive()) return Value();
    TRY(const Value key, At(node.parts[1], depth + 1));
    return IndexValue(of, &key, bytes);
  }

  Outcome<Value> Call(const Node& node, std::size_t depth, ByteCount& bytes) {
    const auto is = [&](std::string_view name) { return SameText(node.name, name); };
    const auto parameter = [&](std::size_t i) { return At(node.parts[i], depth + 1); };
    if (is("contains")) return Contains(node, depth);
    if (is("startsWith") || is("endsWith")) return Borders(node, depth);
    if (is("join")) return Join(node, depth, bytes);
    if (is("case")) return Case(node, depth);
    if (is("format")) {
      TRY(const Value format, parameter(0));
      TRY(std::string text,
          Format(format.ToText(), node.parts.size() - 1, [&](std::size_t i) { return parameter(i + 1); }, bytes));
      return Value(std::move(text));
    }
    if (is("toJSON")) {
      TRY(const Value value, parameter(0));
      TRY(std::string text, WriteJson(value, bytes));
      return Value(std::move(text));
    }
    if (is("fromJSON")) {
      TRY(const Value text, parameter(0));
      Result<Value> value = ReadJson(text.ToText());
      if (!value.has_value()) return Refuse(node, "Error parsing fromJson: " + value.error().message);
      return *std::move(value);
    }
    std::vector<Value> parameters;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      TRY(Value value, parameter(i));
      parameters.push_back(std::move(value));
    }
    return host_.Call(node.name, parameters);
  }

  // What is searched for is evaluated only when there is something to search.
  Outcome<Value> Contains(const Node& node, std::size_t depth) {
    TRY(const Value in, At(node.parts[0], depth + 1));
    const ArrayValue* array = in.as_array();
    if (!in.IsPrimitive() && (array == nullptr || array->items.empty())) return Value(false);
    TRY(const Value what, At(node.parts[1], depth + 1));
    if (in.IsPrimitive()) {
      return Value(what.IsPrimitive() && UpperCase(in.ToText()).find(UpperCase(what.ToText())) != std::string::npos);
    }
    for (const Value& item : array->items) {
      if (LooselyEqual(what, item)) return Value(true);
    }
    return Value(false);
  }

  Outcome<Value> Borders(const Node& node, std::size_t depth) {
    TRY(const Value of, At(node.parts[0], depth + 1));
    if (!of.IsPrimitive()) return Value(false);
    TRY(const Value border, At(node.parts[1], depth + 1));
    if (!border.IsPrimitive()) return Value(false);
    const std::string text = UpperCase(of.ToText());
    const std::string searched = UpperCase(border.ToText());
    return Value(SameText(node.name, "startsWith") ? text.starts_with(searched) : text.ends_with(searched));
  }

  Outcome<Value> Join(const Node& node, std::size_t depth, ByteCount& bytes) {
    TRY(const Value items, At(node.parts[0], depth + 1));
    if (items.IsPrimitive()) return Value(items.ToText());
    const ArrayValue* array = items.as_array();
    if (array == nullptr) return Value("");
    std::string separator = ",";
    if (array->items.size() > 1 && node.parts.size() > 1) {
      TRY(const Value given, At(node.parts[1], depth + 1));
      if (given.IsPrimitive()) separator = given.ToText();
    }
    std::string out;
    for (const Value& item : array->items) {
      const std::string text = (&item == &array->items.front() ? "" : separator) + item.ToText();
      TRY_OK(bytes.Add(text));
      out += text;
    }
    return Value(std::move(out));
  }

  Outcome<Value> Case(const Node& node, std::size_t depth) {
    const std::size_t last = node.parts.size() - 1;
    for (std::size_t i = 0; i < last; i += 2) {
      TRY(const Value predicate, At(node.parts[i], depth + 1));
      const bool* holds = predicate.as_boolean();
      if (holds == nullptr) return Refuse(node.parts[i], "case predicate must evaluate to a boolean value");
      if (*holds) return At(node.parts[i + 1], depth + 1);
    }
    return At(node.parts[last], depth + 1);
  }

  const Host& host_;
  std::size_t bytes_max_;
  DepthCount memory_;
};

}  // namespace

Outcome<Value> Evaluate(const Node& root, const Host& host, std::size_t memory_bytes_max) {
  return Evaluator(root, host, memory_bytes_max).At(root, 0);
}

}  // namespace tuesday::expression
