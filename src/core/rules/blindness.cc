// SPDX-License-Identifier: Apache-2.0
#include "core/rules/blindness.h"

#include <fmt/format.h>

#include <cmath>

#include "core/promql/engine.h"
#include "core/rules/figures.h"
#include "core/rules/reads.h"
#include "core/rules/verdict.h"

namespace tuesday::rules {
namespace {

// What the quantiles of one side of a comparison met.
struct Side {
  bool any = false;
  bool clamped = false;     // At the bound of the last finite bucket.
  bool below_clock = true;  // All of them.
  double last_bound = 0;
};

Side SideOf(const promql::Expr& expr, const RuleResult& result, const metrics::Source& source) {
  Side side;
  Visit(expr, [&](const promql::Expr& part) {
    const auto* call = part.As<promql::CallExpr>();
    if (call == nullptr || call->function != "histogram_quantile" || call->arguments.size() != 2) return;
    const auto bound = result.witness.last_bounds.find(&part);
    const double last = bound == result.witness.last_bounds.end() ? 0 : bound->second;
    const bool seconds = QuantityOf(part) == Quantity::kSeconds;
    for (const promql::VectorSample& quantile : PartOf(part, result, source)) {
      side.any = true;
      side.clamped |= last > 0 && quantile.value >= last;
      side.below_clock &= seconds && quantile.value < kClockResolutionSeconds;
    }
    side.last_bound = std::max(side.last_bound, last);
  });
  side.below_clock &= side.any;
  return side;
}

}  // namespace

Blindness BlindnessOf(const Rule& rule, const RuleResult& result, const metrics::Source& source) {
  const promql::ComparisonWitness* witness = LeadingComparison(result.witness);
  const promql::BinaryExpr* comparison = witness == nullptr ? nullptr : ComparisonBehind(rule, *witness);
  if (comparison == nullptr) return {};
  Side big = SideOf(*comparison->left, result, source);
  Side small = SideOf(*comparison->right, result, source);
  const bool swapped = comparison->op == promql::BinaryOp::kLess || comparison->op == promql::BinaryOp::kLessEqual;
  if (swapped) std::swap(big, small);
  if (big.clamped) {
    return {true, fmt::format("the latency lies beyond the last bucket ({}), where any two look alike",
                              QuantityText(big.last_bound, Quantity::kSeconds))};
  }
  if (big.below_clock && small.below_clock) {
    return {true, fmt::format("both latencies are below the clock's resolution ({})",
                              QuantityText(kClockResolutionSeconds, Quantity::kSeconds))};
  }
  if (small.clamped) {
    return {false, fmt::format("its threshold is cut off at the last bucket ({})",
                               QuantityText(small.last_bound, Quantity::kSeconds))};
  }
  return {};
}

}  // namespace tuesday::rules
