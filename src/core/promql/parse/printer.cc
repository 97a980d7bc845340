// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/metrics/text.h"
#include "core/promql/parser.h"

namespace tuesday::promql {

namespace {

using metrics::FixedText;
using metrics::IsLabelName;
using metrics::IsMetricName;
using metrics::Quoted;

std::string Join(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) {
    if (!text.empty()) text += ", ";
    text += IsLabelName(label) ? label : Quoted(label);
  }
  return "(" + text + ")";
}

std::string SecondsText(double seconds, bool as_duration) {
  return as_duration ? DurationText(static_cast<std::int64_t>(seconds * 1000)) : FixedText(seconds);
}

std::string NodeText(const DurationNode& node) {
  using Op = DurationNode::Op;
  switch (node.op) {
    case Op::kNumber: return SecondsText(node.seconds, false);
    case Op::kDuration: return SecondsText(node.seconds, true);
    case Op::kStep: return "step()";
    case Op::kRange: return "range()";
    case Op::kMinOf: return "min_of(" + NodeText(*node.left) + ", " + NodeText(*node.right) + ")";
    case Op::kMaxOf: return "max_of(" + NodeText(*node.left) + ", " + NodeText(*node.right) + ")";
    case Op::kParen: return "(" + NodeText(*node.left) + ")";
    case Op::kNegate: return "-" + NodeText(*node.left);
    default: break;
  }
  static constexpr const char* kOps[] = {" + ", " - ", " * ", " / ", " % ", " ^ "};
  return NodeText(*node.left) + kOps[static_cast<int>(node.op) - static_cast<int>(Op::kAdd)] + NodeText(*node.right);
}

std::string LengthText(const Duration& duration) {
  return duration.expr == nullptr ? DurationText(duration.ms) : NodeText(*duration.expr);
}

std::string ShiftText(const TimeShift& shift) {
  std::string text;
  if (shift.at == AtAnchor::kStart) text += " @ start()";
  if (shift.at == AtAnchor::kEnd) text += " @ end()";
  if (shift.at == AtAnchor::kTime) text += fmt::format(" @ {:.3f}", static_cast<double>(shift.at_ms) / 1000);
  if (shift.offset) text += " offset " + LengthText(*shift.offset);
  return text;
}

std::string EdgeText(WindowEdge edge) {
  return edge == WindowEdge::kAnchored ? " anchored" : edge == WindowEdge::kSmoothed ? " smoothed" : "";
}

std::string SelectorText(const VectorSelector& selector) {
  static constexpr const char* kOps[] = {"=", "!=", "=~", "!~"};
  const bool quoted_name = !selector.name.empty() && !IsMetricName(selector.name);
  std::string inside = quoted_name ? Quoted(selector.name) : "";
  const std::size_t count = selector.matchers.size() - (selector.name.empty() ? 0 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const metrics::LabelMatcher& matcher = selector.matchers[i];
    if (!inside.empty()) inside += ",";
    inside += IsLabelName(matcher.name) ? matcher.name : Quoted(matcher.name);
    inside += kOps[static_cast<int>(matcher.op)];
    inside += Quoted(matcher.value);
  }
  if (selector.name.empty() || quoted_name) return "{" + inside + "}";
  return inside.empty() ? selector.name : selector.name + "{" + inside + "}";
}

std::string MatchingText(const BinaryExpr& binary) {
  std::string text = binary.returns_bool ? " bool" : "";
  const VectorMatching& matching = binary.matching;
  const bool grouped = matching.card == MatchCard::kManyToOne || matching.card == MatchCard::kOneToMany;
  if (matching.on || !matching.labels.empty() || grouped) {
    text += (matching.on ? " on " : " ignoring ") + Join(matching.labels);
    if (grouped) text += (matching.card == MatchCard::kManyToOne ? " group_left " : " group_right ") + Join(matching.include);
  }
  if (matching.fill_left && matching.fill_right && *matching.fill_left == *matching.fill_right) {
    return text + " fill (" + FixedText(*matching.fill_left) + ")";
  }
  if (matching.fill_left) text += " fill_left (" + FixedText(*matching.fill_left) + ")";
  if (matching.fill_right) text += " fill_right (" + FixedText(*matching.fill_right) + ")";
  return text;
}

struct Printer {
  std::string operator()(const NumberLiteral& number) const {
    const bool exact = number.written_as_duration && number.value >= 0;
    if (number.written_as_duration && !exact) return "-" + SecondsText(-number.value, true);
    return SecondsText(number.value, exact);
  }
  std::string operator()(const StringLiteral& text) const { return Quoted(text.value); }
  std::string operator()(const VectorSelector& selector) const {
    return SelectorText(selector) + EdgeText(selector.edge) + ShiftText(selector.shift);
  }
  std::string operator()(const MatrixSelector& matrix) const {
    return SelectorText(matrix.selector) + "[" + LengthText(matrix.range) + "]" + EdgeText(matrix.selector.edge) +
           ShiftText(matrix.selector.shift);
  }
  std::string operator()(const SubqueryExpr& subquery) const {
    return PrintExpr(*subquery.inner) + "[" + LengthText(subquery.range) + ":" +
           (subquery.step ? LengthText(*subquery.step) : "") + "]" + ShiftText(subquery.shift);
  }
  std::string operator()(const UnaryExpr& unary) const { return (unary.negate ? "-" : "+") + PrintExpr(*unary.inner); }
  std::string operator()(const ParenExpr& paren) const { return "(" + PrintExpr(*paren.inner) + ")"; }
  std::string operator()(const BinaryExpr& binary) const {
    return PrintExpr(*binary.left) + " " + std::string(BinaryOpText(binary.op)) + MatchingText(binary) + " " +
           PrintExpr(*binary.right);
  }
  std::string operator()(const AggregateExpr& aggregate) const {
    std::string text(AggregateOpText(aggregate.op));
    if (aggregate.without) {
      text += " without " + Join(aggregate.grouping) + " ";
    } else if (!aggregate.grouping.empty()) {
      text += " by " + Join(aggregate.grouping) + " ";
    }
    text += "(";
    if (aggregate.parameter != nullptr) text += PrintExpr(*aggregate.parameter) + ", ";
    return text + PrintExpr(*aggregate.inner) + ")";
  }
  std::string operator()(const CallExpr& call) const {
    std::string text = call.function + "(";
    for (std::size_t i = 0; i < call.arguments.size(); ++i) text += (i == 0 ? "" : ", ") + PrintExpr(*call.arguments[i]);
    return text + ")";
  }
};

}  // namespace

std::string PrintExpr(const Expr& expr) { return expr.text.empty() ? std::visit(Printer{}, expr.node) : expr.text; }

void KeepTexts(Expr& expr) {
  // Only the parser calls this, before anybody else has the nodes.
  const auto below = [](const ExprPtr& part) {
    if (part != nullptr) KeepTexts(const_cast<Expr&>(*part));
  };
  const auto keep = [](const ExprPtr& part) { const_cast<Expr&>(*part).text = PrintExpr(*part); };
  if (const auto* call = expr.As<CallExpr>()) {
    for (const ExprPtr& argument : call->arguments) below(argument);
  } else if (const auto* binary = expr.As<BinaryExpr>()) {
    below(binary->left);
    below(binary->right);
    if (!IsComparison(binary->op)) return;
    keep(binary->left);
    keep(binary->right);
    expr.text = PrintExpr(expr);
  } else if (const auto* aggregate = expr.As<AggregateExpr>()) {
    below(aggregate->parameter);
    below(aggregate->inner);
  } else if (const auto* subquery = expr.As<SubqueryExpr>()) {
    below(subquery->inner);
  } else if (const auto* unary = expr.As<UnaryExpr>()) {
    below(unary->inner);
  } else if (const auto* paren = expr.As<ParenExpr>()) {
    below(paren->inner);
  } else if (expr.As<VectorSelector>() != nullptr || expr.As<MatrixSelector>() != nullptr) {
    expr.text = PrintExpr(expr);
  }
}

}  // namespace tuesday::promql
