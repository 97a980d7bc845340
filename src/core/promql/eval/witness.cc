// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/witness.h"

#include "core/promql/parser.h"

namespace tuesday::promql {

namespace {

std::vector<const Expr*> ChildrenOf(const Expr& expr) {
  if (const auto* subquery = expr.As<SubqueryExpr>()) return {subquery->inner.get()};
  if (const auto* unary = expr.As<UnaryExpr>()) return {unary->inner.get()};
  if (const auto* binary = expr.As<BinaryExpr>()) return {binary->left.get(), binary->right.get()};
  if (const auto* aggregate = expr.As<AggregateExpr>()) return {aggregate->inner.get()};
  std::vector<const Expr*> children;
  if (const auto* call = expr.As<CallExpr>()) {
    for (const ExprPtr& argument : call->arguments) children.push_back(argument.get());
  }
  return children;
}

Witness Plan(const Expr& outer, std::vector<const Expr*>& comparisons) {
  const Expr& expr = WithoutParens(outer);
  Witness witness;
  const BinaryExpr* binary = expr.As<BinaryExpr>();
  if (binary != nullptr && IsComparison(binary->op)) {
    witness.kind = Witness::Kind::kComparison;
    witness.comparison = ComparisonWitness{PrintExpr(expr), PrintExpr(*binary->left), PrintExpr(*binary->right), {}, {}, false};
    comparisons.push_back(&expr);
    return witness;
  }
  if (binary != nullptr && IsSetOp(binary->op)) {
    witness.kind = binary->op == BinaryOp::kAnd  ? Witness::Kind::kAnd
                   : binary->op == BinaryOp::kOr ? Witness::Kind::kOr
                                                 : Witness::Kind::kUnless;
    witness.parts.push_back(Plan(*binary->left, comparisons));
    witness.parts.push_back(Plan(*binary->right, comparisons));
    return witness;
  }
  // A comparison inside a function or an aggregation: several of them are taken together.
  for (const Expr* child : ChildrenOf(expr)) {
    Witness inner = Plan(*child, comparisons);
    if (inner.kind != Witness::Kind::kNone) witness.parts.push_back(std::move(inner));
  }
  if (witness.parts.size() == 1) return std::move(witness.parts.front());
  if (witness.parts.size() > 1) witness.kind = Witness::Kind::kAnd;
  return witness;
}

void Fill(Witness& witness, Recorder& recorder, const std::vector<const Expr*>& comparisons, std::size_t& next) {
  if (witness.kind == Witness::Kind::kComparison) {
    ComparisonWitness& seen = recorder.comparisons.at(comparisons[next++]);
    witness.comparison->left = std::move(seen.left);
    witness.comparison->right = std::move(seen.right);
    witness.comparison->held = seen.held;
  }
  for (Witness& part : witness.parts) Fill(part, recorder, comparisons, next);
}

}  // namespace

Witness PlanWitness(const Expr& expr, Recorder& recorder) {
  Witness witness = Plan(expr, recorder.order);
  for (const Expr* comparison : recorder.order) recorder.comparisons.emplace(comparison, ComparisonWitness{});
  return witness;
}

void FillWitness(Witness& witness, Recorder& recorder) {
  std::size_t next = 0;
  Fill(witness, recorder, recorder.order, next);
  witness.selectors = std::move(recorder.selectors);
  witness.inner = std::move(recorder.inner);
  witness.last_bounds = std::move(recorder.last_bounds);
}

}  // namespace tuesday::promql
