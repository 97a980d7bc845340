// SPDX-License-Identifier: Apache-2.0
// What was sampled, kept on the disk: appended in order, synced and merged now and then. Loop thread only.
#pragma once

#include <optional>
#include <string>

#include "adapters/http/loop.h"
#include "adapters/metricslog/batch_log.h"
#include "control/executor.h"
#include "core/metrics/batch.h"
#include "core/metrics/store.h"
#include "ports/clock.h"

namespace tuesday::server {

inline constexpr Duration kSyncInterval = std::chrono::seconds(5);  // What a power failure may cost of the metrics.

class MetricsKeeper {
 public:
  MetricsKeeper(http::Loop& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  // Reads what is kept under `folder` into `store`. Blocks.
  Result<void> Open(const std::string& folder, std::uint64_t bytes_max, metrics::SeriesStore& store);

  // Appends on the executor's lane "metrics"; what fails is said by the next sync.
  void Persist(control::Executor& executor, metrics::SampleBatch batch);

  // What the folder may take from now on.
  void SetBytesMax(control::Executor& executor, std::uint64_t bytes_max);

  // Syncs from now on, every kSyncInterval while there is anything new.
  void Start(control::Executor& executor);

 private:
  void Merge();

  http::Loop& loop_;
  const Clock& clock_;
  // On the lane "metrics" after Open.
  std::optional<metricslog::BatchLog> log_;
  std::string trouble_;

  bool unsynced_ = false;
};

}  // namespace tuesday::server
