// SPDX-License-Identifier: Apache-2.0
// Quantiles and fractions of classic histograms: cumulative counts under upper bounds. Pure; Prometheus 3.14, quantile.go.
#pragma once

#include <vector>

namespace tuesday::promql {

struct Bucket {
  double upper = 0;
  double count = 0;  // Cumulative.
};

struct BucketQuantile {
  double value = 0;
  bool forced_monotonic = false;  // Counts went down by more than rounding, and were raised.
};

// The q-quantile, by linear interpolation inside the bucket. NaN without observations or without the bucket +Inf.
BucketQuantile QuantileOfBuckets(double q, std::vector<Bucket> buckets);

// The share of observations between two values. NaN as above.
double FractionOfBuckets(double lower, double upper, std::vector<Bucket> buckets);

}  // namespace tuesday::promql
