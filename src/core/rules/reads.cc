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
