// SPDX-License-Identifier: Apache-2.0
// The requests that the edge has served, summed each second: what metrics are made of. Called on the edge reader's thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "core/metrics/buckets.h"

namespace tuesday {

// A classic histogram's increase: not cumulative, the last bucket is +Inf.
struct HistogramTally {
  std::array<std::uint64_t, metrics::kBucketCount + 1> buckets{};
  double sum_seconds = 0;
};

// Requests of one server (or of none: the edge answered itself for the slot that was chosen) that ended since the last batch.
struct RequestTally {
  RolloutName rollout;
  int slot = 0;
  InstanceId instance;                     // Empty: no server was reached.
  std::map<int, std::uint64_t> by_status;  // -1: the client went away before an answer.
  HistogramTally duration;                 // Whole request.
  HistogramTally first_byte;               // In microseconds' resolution.
};

struct EdgeBatch {
  WallTime at;
  std::vector<RequestTally> tallies;
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;  // Lines that did not parse: shown, never guessed at.
  bool reconnected = false;      // The stream was cut since the last batch: lines may be missing.
};

class EdgeFeed {
 public:
  virtual ~EdgeFeed() = default;

  // Calls `take` about once a second until Stop returns. The call must not block.
  virtual void Start(std::function<void(EdgeBatch)> take) = 0;
  virtual void Stop() = 0;
};

}  // namespace tuesday
