// SPDX-License-Identifier: Apache-2.0
// The arithmetic of two numbers, and sums that do not lose their last bits. Pure functions.
#pragma once

#include <cmath>
#include <vector>

#include "core/promql/ast.h"

namespace tuesday::promql {

// Comparisons give 1 or 0.
double Calculate(BinaryOp op, double left, double right);
bool Compare(BinaryOp op, double left, double right);

// Kahan's sum as improved by Neumaier; the order of operations must not be changed by the compiler.
struct CompensatedSum {
  double sum = 0;
  double rest = 0;

  void Add(double value) {
    const double total = sum + value;
    if (std::isinf(total)) {
      rest = 0;
    } else if (std::fabs(sum) >= std::fabs(value)) {
      rest += (sum - total) + value;
    } else {
      rest += (value - total) + sum;
    }
    sum = total;
  }
  double Total() const { return sum + rest; }
};

// A mean that stays exact where the sum overflows.
class CompensatedMean {
 public:
  void Add(double value);
  double Value() const;

 private:
  double count_ = 0;
  bool incremental_ = false;
  CompensatedSum sum_;  // The mean itself when incremental.
};

// The φ-quantile of the values; NaN sorts lowest. Takes them by value to sort them.
double Quantile(double q, std::vector<double> values);

}  // namespace tuesday::promql
