// SPDX-License-Identifier: Apache-2.0
#include "core/promql/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/metrics/text.h"
#include "core/promql/parser.h"

namespace tuesday::promql {
namespace {

using metrics::LabelMatcher;
using metrics::MatchOp;

// Changes single nodes; what is below them has been changed already.
using Change = std::function<Result<void>(Expr&)>;

Result<void> ChangeAll(ExprPtr& part, const Change& change);

Result<void> ChangeBelow(Expr& expr, const Change& change) {
  if (auto* call = std::get_if<CallExpr>(&expr.node)) {
    for (ExprPtr& argument : call->arguments) TRY_OK(ChangeAll(argument, change));
  } else if (auto* binary = std::get_if<BinaryExpr>(&expr.node)) {
    TRY_OK(ChangeAll(binary->left, change));
    TRY_OK(ChangeAll(binary->right, change));
  } else if (auto* aggregate = std::get_if<AggregateExpr>(&expr.node)) {
    TRY_OK(ChangeAll(aggregate->parameter, change));
    TRY_OK(ChangeAll(aggregate->inner, change));
  } else if (auto* subquery = std::get_if<SubqueryExpr>(&expr.node)) {
    TRY_OK(ChangeAll(subquery->inner, change));
  } else if (auto* unary = std::get_if<UnaryExpr>(&expr.node)) {
    TRY_OK(ChangeAll(unary->inner, change));
  } else if (auto* paren = std::get_if<ParenExpr>(&expr.node)) {
    TRY_OK(ChangeAll(paren->inner, change));
  }
  return {};
}

Result<void> ChangeAll(ExprPtr& part, const Change& change) {
  if (part == nullptr) return {};
  auto copy = std::make_shared<Expr>(*part);
  copy->text.clear();  // Of the text before.
  TRY_OK(ChangeBelow(*copy, change));
  TRY_OK(change(*copy));
  part = std::move(copy);
  return {};
}

VectorSelector* SelectorOf(Expr& expr) {
  if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return selector;
  auto* matrix = std::get_if<MatrixSelector>(&expr.node);
  return matrix == nullptr ? nullptr : &matrix->selector;
}

std::unexpected<Error> NotIn2(const std::string& what) {
  return Fail(ErrorCode::kUnsupported, fmt::format("Prometheus 2 has no {}.", what),
              "Write the query for version 2 and remove the annotation tuesday/prometheus-version.");
}

// Both ends count in version 2, so that a window that is a millisecond shorter holds the same samples.
Result<void> OpenWindow(Duration& range) {
  if (range.expr != nullptr) return NotIn2("arithmetic of durations");
  if (range.ms > 1) --range.ms;
  return {};
}

Result<void> ChangeSelector(VectorSelector& selector) {
  if (selector.edge != WindowEdge::kPlain) return NotIn2("anchored or smoothed selectors");
  if (selector.shift.offset && selector.shift.offset->expr != nullptr) return NotIn2("arithmetic of durations");
  if (!selector.name.empty() && !metrics::IsMetricName(selector.name))
    return NotIn2("metric " + metrics::Quoted(selector.name));
  for (LabelMatcher& matcher : selector.matchers) {
    if (!metrics::IsLabelName(matcher.name)) return NotIn2("label " + metrics::Quoted(matcher.name));
    const bool is_pattern = matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex;
    if (is_pattern && matcher.value.find('.') != std::string::npos) matcher.value = "(?s:" + matcher.value + ")";
  }
  return {};
}

bool AllNames(const std::vector<std::string>& labels) { return std::ranges::all_of(labels, metrics::IsLabelName); }

Result<void> ChangeFor2(Expr& expr) {
  if (VectorSelector* selector = SelectorOf(expr)) {
    TRY_OK(ChangeSelector(*selector));
  }
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return OpenWindow(matrix->range);
  if (auto* subquery = std::get_if<SubqueryExpr>(&expr.node)) {
    if (subquery->step && subquery->step->expr != nullptr) return NotIn2("arithmetic of durations");
    return OpenWindow(subquery->range);
  }
  if (auto* call = std::get_if<CallExpr>(&expr.node)) {
    if (call->function == "double_exponential_smoothing") call->function = "holt_winters";
  } else if (const auto* aggregate = std::get_if<AggregateExpr>(&expr.node)) {
    const bool is_new = aggregate->op == AggregateOp::kLimitK || aggregate->op == AggregateOp::kLimitRatio;
    if (is_new) return NotIn2(std::string(AggregateOpText(aggregate->op)));
    if (!AllNames(aggregate->grouping)) return NotIn2("such label names");
  } else if (const auto* binary = std::get_if<BinaryExpr>(&expr.node)) {
    if (binary->matching.fill_left || binary->matching.fill_right) return NotIn2("fill");
    if (binary->op == BinaryOp::kTrimUpper || binary->op == BinaryOp::kTrimLower)
      return NotIn2(std::string(BinaryOpText(binary->op)));
    if (!AllNames(binary->matching.labels) || !AllNames(binary->matching.include)) return NotIn2("such label names");
  } else if (auto* number = std::get_if<NumberLiteral>(&expr.node)) {
    number->written_as_duration = false;
  }
  return {};
}

Result<void> ChangeRole(LabelMatcher& matcher, const RoleRevisions& roles) {
  if (matcher.name != "canary") return {};
  const bool is_equality = matcher.op == MatchOp::kEqual || matcher.op == MatchOp::kNotEqual;
  if (!is_equality || (matcher.value != "true" && matcher.value != "false")) {
    return Fail(ErrorCode::kUnsupported,
                "A query to a Prometheus without roles may only ask for canary=\"true\" or canary=\"false\".",
                "Ask for the label `revision` instead.");
  }
  matcher.name = "revision";
  matcher.value = matcher.value == "true" ? roles.canary : roles.stable;
  return {};
}

}  // namespace

Result<std::string> ForPrometheus2(const Expr& expr) {
  ExprPtr changed = std::make_shared<Expr>(expr);
  TRY_OK(ChangeAll(changed, ChangeFor2));
  return PrintExpr(*changed);
}

Result<ExprPtr> RolesAsRevisions(const ExprPtr& expr, const RoleRevisions& roles) {
  ExprPtr changed = expr;
  const Change change = [&roles](Expr& node) -> Result<void> {
    VectorSelector* selector = SelectorOf(node);
    if (selector == nullptr) return {};
    for (LabelMatcher& matcher : selector->matchers) TRY_OK(ChangeRole(matcher, roles));
    return {};
  };
  TRY_OK(ChangeAll(changed, change));
  return changed;
}

}  // namespace tuesday::promql
