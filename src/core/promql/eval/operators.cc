// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/operators.h"

#include <algorithm>
#include <limits>

namespace tuesday::promql {

void CompensatedMean::Add(double value) {
  ++count_;
  if (!incremental_) {
    CompensatedSum next = sum_;
    next.Add(value);
    if (count_ == 1 || !std::isinf(next.sum)) {
      sum_ = next;
      return;
    }
    incremental_ = true;
    sum_.sum /= count_ - 1;
    sum_.rest /= count_ - 1;
  }
  const double keep = (count_ - 1) / count_;
  sum_.sum *= keep;
  sum_.rest *= keep;
  sum_.Add(value / count_);
}

double CompensatedMean::Value() const {
  if (incremental_) return sum_.Total();
  return sum_.sum / count_ + sum_.rest / count_;
}

double Quantile(double q, std::vector<double> values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  std::sort(values.begin(), values.end(), [](double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    return a < b;
  });
  const double count = static_cast<double>(values.size());
  const double rank = q * (count - 1);
  const auto lower = static_cast<std::size_t>(std::max(0.0, std::floor(rank)));
  const std::size_t upper = std::min(values.size() - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

}  // namespace tuesday::promql
