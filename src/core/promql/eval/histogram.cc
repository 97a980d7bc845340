// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tuesday::promql {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kSmallDelta = 1e-12;  // Relative; what sums of floats may lose.

// Sorted by bound, equal bounds added up.
void Coalesce(std::vector<Bucket>& buckets) {
  const auto before = [](const Bucket& a, const Bucket& b) { return a.upper < b.upper; };
  if (!std::is_sorted(buckets.begin(), buckets.end(), before)) std::stable_sort(buckets.begin(), buckets.end(), before);
  const auto same = [](const Bucket& a, const Bucket& b) { return a.upper == b.upper; };
  if (std::adjacent_find(buckets.begin(), buckets.end(), same) == buckets.end()) return;
  std::vector<Bucket> merged;
  for (const Bucket& bucket : buckets) {
    if (!merged.empty() && merged.back().upper == bucket.upper) {
      merged.back().count += bucket.count;
    } else {
      merged.push_back(bucket);
    }
  }
  buckets = std::move(merged);
}

bool AlmostEqual(double a, double b) {
  if (a == b) return true;
  return std::fabs(a - b) / std::min(std::fabs(a) + std::fabs(b), std::numeric_limits<double>::max()) < kSmallDelta;
}

bool EnsureMonotonic(std::vector<Bucket>& buckets) {
  bool forced = false;
  double before = buckets.front().count;
  for (Bucket& bucket : buckets) {
    if (bucket.count == before) continue;
    if (AlmostEqual(bucket.count, before)) {
      bucket.count = before;
    } else if (bucket.count < before) {
      bucket.count = before;
      forced = true;
    } else {
      before = bucket.count;
    }
  }
  return forced;
}

}  // namespace

BucketQuantile QuantileOfBuckets(double q, std::vector<Bucket> buckets) {
  if (std::isnan(q)) return {kNaN, false};
  if (q < 0) return {-kInf, false};
  if (q > 1) return {kInf, false};
  Coalesce(buckets);
  if (buckets.empty() || buckets.back().upper != kInf) return {kNaN, false};
  const bool forced = EnsureMonotonic(buckets);
  const double total = buckets.back().count;
  if (buckets.size() < 2 || total == 0 || std::isnan(total)) return {kNaN, forced};
  double rank = q * total;
  std::size_t at = 0;
  while (at < buckets.size() - 1 && !(buckets[at].count >= rank)) ++at;
  if (at == buckets.size() - 1) return {buckets[at - 1].upper, forced};
  if (at == 0 && buckets[0].upper <= 0) return {buckets[0].upper, forced};
  double start = 0;
  double count = buckets[at].count;
  if (at > 0) {
    start = buckets[at - 1].upper;
    count -= buckets[at - 1].count;
    rank -= buckets[at - 1].count;
  }
  return {start + (buckets[at].upper - start) * (rank / count), forced};
}

double FractionOfBuckets(double lower, double upper, std::vector<Bucket> buckets) {
  Coalesce(buckets);
  if (buckets.empty() || buckets.back().upper != kInf) return kNaN;
  EnsureMonotonic(buckets);
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(total) || std::isnan(lower) || std::isnan(upper)) return kNaN;
  if (lower >= upper) return 0;
  // Observations up to a value.
  const auto rank_of = [&](double value) {
    double before = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      const double end = buckets[i].upper;
      const double start = i > 0 ? buckets[i - 1].upper : end > 0 ? 0.0 : -kInf;
      if (value <= start) return before;
      if (value < end && std::isinf(start)) return before;  // Nothing to interpolate over.
      if (value < end) return before + (buckets[i].count - before) * (value - start) / (end - start);
      before = buckets[i].count;
    }
    return total;
  };
  return (rank_of(upper) - rank_of(lower)) / total;
}

}  // namespace tuesday::promql
