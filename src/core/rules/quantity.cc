// SPDX-License-Identifier: Apache-2.0
// Numbers of a verdict as people read them.
#include <fmt/format.h>

#include <cmath>

#include "core/metrics/text.h"
#include "core/rules/reads.h"
#include "core/rules/verdict.h"

namespace tuesday::rules {
namespace {

constexpr double kCountMax = 1e15;  // Above it a count is no count; it is printed as a number.

}  // namespace

Quantity QuantityOf(const promql::Expr& expr) {
  const promql::Expr& bare = promql::WithoutParens(expr);
  if (const auto* binary = bare.As<promql::BinaryExpr>()) {
    if (binary->op == promql::BinaryOp::kDiv && binary->left->type == promql::ValueType::kVector &&
        binary->right->type == promql::ValueType::kVector) {
      return Quantity::kRatio;
    }
    const Quantity left = QuantityOf(*binary->left);
    return left == Quantity::kPlain ? QuantityOf(*binary->right) : left;
  }
  if (const auto* aggregate = bare.As<promql::AggregateExpr>()) return QuantityOf(*aggregate->inner);
  const auto* call = bare.As<promql::CallExpr>();
  if (call == nullptr || call->function != "histogram_quantile") return Quantity::kPlain;
  for (const SelectorUse& use : SelectorsOf(bare)) {
    if (MetricOf(*use.selector).find("_seconds") != std::string_view::npos) return Quantity::kSeconds;
  }
  return Quantity::kPlain;
}

std::string QuantityText(double value, Quantity quantity) {
  if (!std::isfinite(value) || quantity == Quantity::kPlain) return metrics::NumberText(value);
  if (quantity == Quantity::kSeconds) {
    return std::fabs(value) < 1 ? fmt::format("{:.3g} ms", value * 1000) : fmt::format("{:.3g} s", value);
  }
  const double percent = value * 100;
  const bool whole = std::fabs(percent - std::round(percent)) < 1e-9 && std::fabs(percent) >= 1;
  if (whole) return fmt::format("{:.0f} %", percent);
  return std::fabs(percent) >= 0.1 || percent == 0 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.2g} %", percent);
}

std::string CountText(double count) {
  if (!std::isfinite(count) || std::fabs(count) > kCountMax) return metrics::NumberText(count);
  std::string digits = fmt::format("{}", std::llround(std::fabs(count)));
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return (count <= -0.5 ? "-" : "") + digits;
}

}  // namespace tuesday::rules
