// SPDX-License-Identifier: Apache-2.0
// The counters of one instance in one attempt, and how they become series. A value; knows no clock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/id.h"
#include "core/metrics/buckets.h"
#include "core/metrics/labels.h"
#include "core/metrics/source.h"
#include "ports/edge_feed.h"

namespace tuesday::control {

// Every status class that rules ask for starts at 0 with the instance, so that "no errors" is 0 and never empty.
inline constexpr std::array<int, 6> kZeroStatuses = {200, 404, 500, 502, 503, 504};

// Whose series they are: the labels that are stored.
struct Owner {
  RolloutName rollout;
  RevisionId revision;
  std::string instance;
  AttemptId attempt;
  friend auto operator<=>(const Owner&, const Owner&) = default;
};
metrics::Labels LabelsOf(const Owner& owner, std::string_view metric);

// Requests so far.
struct Counters {
  std::map<int, std::uint64_t> by_status;  // Those that were never counted before have a first sample of 0 to come.
  std::set<int> unsampled;                 // Of them: made since the last sample.
  HistogramTally duration;
  HistogramTally first_byte;

  void Add(const RequestTally& tally);
  std::uint64_t Requests() const;
};

// One point of one series.
struct Point {
  metrics::Labels labels;
  double value = 0;
};

// All points of an owner's request series: a status each in their order, then the histograms.
std::vector<Point> PointsOf(const Owner& owner, const Counters& counters);

// Their values alone, in the same order. The labels are dear, and the same for as long as no status comes to them.
void ValuesOf(const Counters& counters, std::vector<double>& values);

// The other way, from the last samples of the store: counting goes on where it was.
std::map<Owner, Counters> CountersFrom(const std::vector<metrics::Series>& series);

// The smallest duration in seconds that at least `share` of the requests did not exceed; 0 without requests.
double QuantileOf(const HistogramTally& histogram, double share);

}  // namespace tuesday::control
