// SPDX-License-Identifier: Apache-2.0
// The bounds of request histograms: from 1 ms by the ratio 1.25^(1/2) to at least 60 s. Scaling a latency by 1.25 shifts
// it by exactly two buckets; Prometheus' own defaults are too wide to show that. See docs/formats/metrics.md.
#pragma once

#include <array>
#include <string>

namespace tuesday::metrics {

inline constexpr int kBucketCount = 100;  // Bounds below +Inf: 0.001 * 1.25^(i/2), i = 0 .. 99 (62.7 s).

// Upper bounds in seconds, rounded to 6 significant digits so that their text is short.
const std::array<double, kBucketCount>& BucketBounds();

// The texts of the label `le`, without "+Inf".
const std::array<std::string, kBucketCount>& BucketTexts();

// The bucket that a duration falls into; kBucketCount is +Inf.
int BucketOf(double seconds);

}  // namespace tuesday::metrics
