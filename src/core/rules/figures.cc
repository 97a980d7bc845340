// SPDX-License-Identifier: Apache-2.0
#include "core/rules/figures.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "core/metrics/text.h"
#include "core/promql/parser.h"
#include "core/rules/reads.h"
#include "core/rules/verdict.h"

namespace tuesday::rules {
namespace {

using promql::BinaryOp;

constexpr std::string_view kCanarySide = "canary=\"true\"";
constexpr std::string_view kStableSide = "canary=\"false\"";

// The element that says most: the largest, or the smallest where the alert looks for small ones.
std::optional<promql::VectorSample> Extreme(const promql::Value& value, bool smallest) {
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&value)) return promql::VectorSample{{}, scalar->value};
  const auto* vector = std::get_if<promql::Vector>(&value);
  if (vector == nullptr || vector->empty()) return std::nullopt;
  const promql::VectorSample* best = &vector->front();
  for (const promql::VectorSample& sample : *vector) {
    const bool better = smallest ? sample.value < best->value : sample.value > best->value;
    if (better || std::isnan(best->value)) best = &sample;
  }
  return *best;
}

std::optional<promql::VectorSample> PartnerOf(const metrics::Labels& labels, const promql::Value& value, bool smallest) {
  if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    for (const promql::VectorSample& sample : *vector) {
      if (sample.labels == labels) return sample;
    }
  }
  return Extreme(value, smallest);
}

bool Holds(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kEqual: return left == right;
    case BinaryOp::kNotEqual: return left != right;
    case BinaryOp::kLess: return left < right;
    case BinaryOp::kLessEqual: return left <= right;
    case BinaryOp::kGreater: return left > right;
    default: return left >= right;
  }
}

BinaryOp Opposite(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEqual: return BinaryOp::kNotEqual;
    case BinaryOp::kNotEqual: return BinaryOp::kEqual;
    case BinaryOp::kLess: return BinaryOp::kGreaterEqual;
    case BinaryOp::kLessEqual: return BinaryOp::kGreater;
    case BinaryOp::kGreater: return BinaryOp::kLessEqual;
    default: return BinaryOp::kLess;
  }
}

// How many events a sum of rates stands for, when there is one range in it: rate times its window.
std::optional<double> EventsOf(const promql::Expr& expr, const RuleResult& result, const metrics::Source& source) {
  std::optional<double> factor;
  int ranges = 0;
  Visit(expr, [&](const promql::Expr& part) {
    const auto* call = part.As<promql::CallExpr>();
    if (call == nullptr || call->arguments.empty()) return;
    const auto* matrix = call->arguments.front()->As<promql::MatrixSelector>();
    if (matrix == nullptr) return;
    ++ranges;
    if (call->function == "rate") factor = static_cast<double>(matrix->range.ms) / 1000;
    if (call->function == "increase") factor = 1;
  });
  if (ranges != 1 || !factor) return std::nullopt;
  const promql::Vector vector = PartOf(expr, result, source);
  if (vector.size() != 1 || !std::isfinite(vector.front().value)) return std::nullopt;
  return vector.front().value * *factor;
}

std::string Counts(const promql::Expr& left, const RuleResult& result, const metrics::Source& source,
                   std::vector<gate::Evidence>& evidence) {
  const auto* division = promql::WithoutParens(left).As<promql::BinaryExpr>();
  if (division == nullptr || division->op != BinaryOp::kDiv) return "";
  const std::optional<double> part = EventsOf(*division->left, result, source);
  const std::optional<double> whole = EventsOf(*division->right, result, source);
  if (!part || !whole) return "";
  std::int64_t from = result.query_ms;
  for (const promql::SelectorWitness& selector : result.witness.selectors) from = std::min(from, selector.from);
  const WallTime begin{std::chrono::milliseconds(from)};
  const WallTime end{std::chrono::milliseconds(result.query_ms)};
  evidence.push_back({result.rule + " events", CountText(*part), begin, end});
  evidence.push_back({result.rule + " events of all", CountText(*whole), begin, end});
  return fmt::format("{} of {}", CountText(*part), CountText(*whole));
}

// The same expression over the stable side, when the canary's series are picked by the label `canary`.
std::string Stable(const Rule& rule, const promql::Expr& left, Quantity quantity, const RuleResult& result,
                   const metrics::Source& source) {
  const auto side = rule.stable_sides.find(&left);
  if (side == rule.stable_sides.end()) return "";
  const promql::Vector vector = VectorAt(*side->second, source, result.query_ms);
  if (vector.size() != 1 || std::isnan(vector.front().value)) return "";
  return "stable " + QuantityText(vector.front().value, quantity);
}

std::string WithoutComparison(const RuleResult& result) {
  for (const promql::VectorSample& sample : result.output) {
    if (sample.labels.Name() == "ALERTS") return "fires: " + sample.labels.Text();
  }
  return "gives nothing";
}

}  // namespace

StableSides StableSidesOf(const promql::Expr& expr) {
  StableSides sides;
  for (const promql::BinaryExpr* comparison : OutermostComparisons(expr)) {
    std::string text = promql::PrintExpr(*comparison->left);
    if (text.find(kCanarySide) == std::string::npos) continue;
    for (std::size_t at = text.find(kCanarySide); at != std::string::npos; at = text.find(kCanarySide, at)) {
      text.replace(at, kCanarySide.size(), kStableSide);
    }
    if (Result<promql::ExprPtr> side = promql::ParseExpr(text)) sides.emplace(comparison->left.get(), std::move(*side));
  }
  return sides;
}

promql::Vector PartOf(const promql::Expr& part, const RuleResult& result, const metrics::Source& source) {
  const auto kept = result.witness.inner.find(&promql::WithoutParens(part));
  return kept != result.witness.inner.end() ? kept->second : VectorAt(part, source, result.query_ms);
}

promql::Vector VectorAt(const promql::Expr& expr, const metrics::Source& source, std::int64_t time_ms) {
  const Result<promql::Value> value = promql::EvaluateInstant(expr, source, time_ms, promql::EngineOptions(), nullptr);
  if (!value) return {};
  if (const auto* vector = std::get_if<promql::Vector>(&*value)) return *vector;
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&*value)) return {{metrics::Labels(), scalar->value}};
  return {};
}

const promql::ComparisonWitness* LeadingComparison(const promql::Witness& witness) {
  if (witness.comparison) return &*witness.comparison;
  const promql::ComparisonWitness* first = nullptr;
  for (const promql::Witness& part : witness.parts) {
    const promql::ComparisonWitness* found = LeadingComparison(part);
    if (found != nullptr && found->held) return found;
    if (first == nullptr) first = found;
  }
  return first;
}

const promql::BinaryExpr* ComparisonBehind(const Rule& rule, const promql::ComparisonWitness& witness) {
  for (const promql::BinaryExpr* comparison : OutermostComparisons(*rule.expr)) {
    const bool same = promql::PrintExpr(*comparison->left) == witness.left_text &&
                      promql::PrintExpr(*comparison->right) == witness.right_text;
    if (same) return comparison;
  }
  return nullptr;
}

std::string FiguresOf(const Rule& rule, const RuleResult& result, const metrics::Source& source,
                      std::vector<gate::Evidence>& evidence) {
  const promql::ComparisonWitness* witness = LeadingComparison(result.witness);
  const promql::BinaryExpr* comparison = witness == nullptr ? nullptr : ComparisonBehind(rule, *witness);
  if (comparison == nullptr) return WithoutComparison(result);
  const bool smallest = comparison->op == BinaryOp::kLess || comparison->op == BinaryOp::kLessEqual;
  const std::optional<promql::VectorSample> left = Extreme(witness->left, smallest);
  const std::optional<promql::VectorSample> right =
      left ? PartnerOf(left->labels, witness->right, !smallest) : Extreme(witness->right, !smallest);
  if (!left || !right) return "fires on: its comparison is empty now";
  Quantity quantity = QuantityOf(*comparison->left);
  if (quantity == Quantity::kPlain) quantity = QuantityOf(*comparison->right);
  const BinaryOp shown = Holds(comparison->op, left->value, right->value) ? comparison->op : Opposite(comparison->op);
  std::string text = fmt::format("{} {} {}", QuantityText(left->value, quantity), promql::BinaryOpText(shown),
                                 QuantityText(right->value, quantity));
  const std::string counts = Counts(*comparison->left, result, source, evidence);
  const std::string stable = Stable(rule, *comparison->left, quantity, result, source);

  if (!(counts.empty() && stable.empty())) {
    text += fmt::format(" ({}{}{})", counts, counts.empty() || stable.empty() ? "" : "; ", stable);
  }
  return text;
}

}  // namespace tuesday::rules
