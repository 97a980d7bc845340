// SPDX-License-Identifier: Apache-2.0
// Requests that nobody sends: seeded counts by status and latency, split between the two sides by the weight, written into
// a sample store as the recorder of the daemon would write them, with one instance a side. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "app/cli/simulate/chance.h"
#include "app/cli/simulate/conditions.h"
#include "base/time.h"
#include "base/weight.h"
#include "control/metrics/counters.h"
#include "core/metrics/buckets.h"
#include "core/metrics/store.h"

namespace tuesday::cli::simulate {

// The usual latency: log-normal, so that its P99 is 64 ms.
inline constexpr double kLatencyMedianSeconds = 0.02;
inline constexpr double kLatencySpread = 0.5;
// How long the stable side has served before the attempt.
inline constexpr Duration kHistory = std::chrono::minutes(10);

// Whose requests they are, and when they are sampled.
struct TrafficPlan {
  control::Owner canary;
  control::Owner stable;
  Instant began;         // Of the attempt.
  Duration sample_step;  // Of the samples.
  ClockJoin join;
};

class Traffic {
 public:
  // `store` and `script` must outlive it. Writes the stable side's history.
  Traffic(TrafficPlan plan, const Script& script, std::uint64_t seed, metrics::SeriesStore& store);

  // Sends what is due until `to` and samples it. `weight` and `canary_restarts` hold from `to` on.
  void Advance(Instant to, Weight weight, int canary_restarts);

  double canary_requests() const { return static_cast<double>(canary_.count); }

 private:
  static constexpr std::size_t kBuckets = metrics::kBucketCount + 1;

  // Shares of the requests by bucket: of those that no bucket before took.
  struct Latency {
    double factor = 0;
    std::array<double, kBuckets> share{};
    double mean_seconds = 0;
  };
  struct Side {
    std::array<std::int64_t, control::kZeroStatuses.size()> by_status{};
    std::array<std::int64_t, kBuckets> buckets{};
    std::int64_t count = 0;
    double sum_seconds = 0;
    int restarts = 0;
    std::vector<metrics::SeriesRef> status_series;
    std::vector<metrics::SeriesRef> bucket_series;  // Of the buckets from `bucket_low_` on, and +Inf.
    metrics::SeriesRef count_series;
    metrics::SeriesRef sum_series;
    metrics::SeriesRef restart_series;
    metrics::SeriesRef up_series;
  };

  void PlanBuckets();
  void Open(const control::Owner& owner, Side& side);
  const Latency& LatencyOf(double factor);
  const Conditions& ConditionsAt(Instant at) const;
  void Send(Side& side, const SideConditions& conditions, double mean);
  void SendUntil(Instant to);
  void Sample(const Side& side, std::int64_t t_ms);

  TrafficPlan plan_;
  const Script& script_;
  Chance chance_;
  metrics::SeriesStore& store_;
  Side canary_;
  Side stable_;
  std::vector<Latency> latencies_;
  std::size_t bucket_low_ = 0;   // Below it no request ever falls, whatever the script says.
  std::size_t bucket_high_ = 0;  // Nor at or above it.
  Instant sent_until_;
  Instant next_sample_;
  Weight weight_;
};

}  // namespace tuesday::cli::simulate
