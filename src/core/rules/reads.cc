// SPDX-License-Identifier: Apache-2.0
#include "core/rules/reads.h"

#include <algorithm>

namespace tuesday::rules {

using promql::Expr;

void Visit(const Expr& expr, const std::function<void(const Expr&)>& visit) {
  visit(expr);
  if (const auto* call = expr.As<promql::CallExpr>()) {
    for (const promql::ExprPtr& argument : call->arguments) Visit(*argument, visit);
  } else if (const auto* binary = expr.As<promql::BinaryExpr>()) {
    Visit(*binary->left, visit);
    Visit(*binary->right, visit);
  } else if (const auto* aggregate = expr.As<promql::AggregateExpr>()) {
    if (aggregate->parameter != nullptr) Visit(*aggregate->parameter, visit);
    Visit(*aggregate->inner, visit);
  } else if (const auto* subquery = expr.As<promql::SubqueryExpr>()) {
    Visit(*subquery->inner, visit);
  } else if (const auto* unary = expr.As<promql::UnaryExpr>()) {
    Visit(*unary->inner, visit);
  } else if (const auto* paren = expr.As<promql::ParenExpr>()) {
    Visit(*paren->inner, visit);
  }
}

std::vector<SelectorUse> SelectorsOf(const Expr& expr) {
  std::vector<SelectorUse> uses;
  Visit(expr, [&](const Expr& part) {
    if (const auto* matrix = part.As<promql::MatrixSelector>()) {
      uses.push_back({&matrix->selector, matrix->range.ms, part.pos});
    } else if (const auto* vector = part.As<promql::VectorSelector>()) {
      uses.push_back({vector, std::nullopt, part.pos});
    }
  });
  return uses;
}

std::string_view MetricOf(const promql::VectorSelector& selector) {
  for (const metrics::LabelMatcher& matcher : selector.matchers) {
    if (matcher.name == metrics::kNameLabel && matcher.op == metrics::MatchOp::kEqual) return matcher.value;
  }
  return selector.name;
}

bool IsRecorded(const Group& group, std::string_view metric) {
  return std::ranges::any_of(group.rules,
                             [&](const Rule& rule) { return rule.kind == RuleKind::kRecording && rule.name == metric; });
}

std::set<std::size_t> WithDependencies(const Group& group, std::size_t rule) {
  std::set<std::size_t> found = {rule};
  std::vector<std::size_t> open = {rule};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    for (const SelectorUse& use : SelectorsOf(*group.rules[at].expr)) {
      for (std::size_t i = 0; i < group.rules.size(); ++i) {
        const bool reads = group.rules[i].kind == RuleKind::kRecording && group.rules[i].name == MetricOf(*use.selector);
        if (reads && found.insert(i).second) open.push_back(i);
      }
    }
  }
  return found;
}

std::optional<std::int64_t> ReachMsOf(const Group& group) {
  std::int64_t longest_ms = 0;
  std::int64_t recorded_ms = 0;
  bool is_known = true;
  for (const Rule& rule : group.rules) {
    std::int64_t reach_ms = 0;
    Visit(*rule.expr, [&](const promql::Expr& expr) { is_known = is_known && expr.As<promql::SubqueryExpr>() == nullptr; });
    for (const SelectorUse& use : SelectorsOf(*rule.expr)) {
      const promql::TimeShift& shift = use.selector->shift;
      is_known = is_known && shift.at == promql::AtAnchor::kNone && (!shift.offset || shift.offset->expr == nullptr);
      const std::int64_t offset_ms = shift.offset ? std::max<std::int64_t>(0, shift.offset->ms) : 0;
      reach_ms = std::max(reach_ms, use.range_ms.value_or(0) + offset_ms);
    }
    longest_ms = std::max(longest_ms, reach_ms);
    if (rule.kind == RuleKind::kRecording) recorded_ms += reach_ms;
  }
  if (!is_known) return std::nullopt;
  return longest_ms + recorded_ms;
}

std::vector<const promql::BinaryExpr*> OutermostComparisons(const Expr& expr) {
  const auto* binary = promql::WithoutParens(expr).As<promql::BinaryExpr>();
  if (binary == nullptr) return {};
  if (promql::IsComparison(binary->op)) return {binary};
  if (!promql::IsSetOp(binary->op)) return {};
  std::vector<const promql::BinaryExpr*> found = OutermostComparisons(*binary->left);
  for (const promql::BinaryExpr* right : OutermostComparisons(*binary->right)) found.push_back(right);
  return found;
}

}  // namespace tuesday::rules
