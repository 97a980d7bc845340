// SPDX-License-Identifier: Apache-2.0
// Where an evaluator gets samples from: a store, a snapshot of one, a view of an attempt, or a table in a test.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"
#include "core/metrics/samples.h"

namespace tuesday::metrics {

inline constexpr std::uint64_t kStaleBits = 0x7ff0000000000002ULL;
inline bool IsStale(double value) { return std::bit_cast<std::uint64_t>(value) == kStaleBits; }  // An ordinary NaN is not.
double StaleMarker();

// One series and its samples in ascending time.
struct Series {
  Labels labels;
  Samples samples;
};

// Immutable for as long as somebody holds it; may be read from any thread.
class Source {
 public:
  virtual ~Source() = default;

  // Every series that all matchers match, sorted by labels, with its samples in (from, to], stale markers included.
  virtual Result<std::vector<Series>> Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                             std::int64_t to) const = 0;

  // False when every series is one of tuesday's own (IsOwnSeries): nobody needs to look for others.
  virtual bool MayHaveForeign() const { return true; }
};

}  // namespace tuesday::metrics
