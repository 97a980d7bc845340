// SPDX-License-Identifier: Apache-2.0
#include "core/rules/blindness.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

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

std::optional<double> Bound(std::string_view le) {
  double value = 0;
  const auto read = std::from_chars(le.data(), le.data() + le.size(), value);
  if (read.ec != std::errc() || read.ptr != le.data() + le.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Side SideOf(const promql::Expr& expr, const RuleResult& result, const metrics::Source& source) {
  Side side;
  Visit(expr, [&](const promql::Expr& part) {
    const auto* call = part.As<promql::CallExpr>();
    if (call == nullptr || call->function != "histogram_quantile" || call->arguments.size() != 2) return;
    double last = 0;
    for (const promql::VectorSample& bucket : PartOf(*call->arguments[1], result, source)) {
      last = std::max(last, Bound(bucket.labels.Get("le")).value_or(0));
    }
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
