// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/metrics_keeper.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "adapters/metricslog/segment.h"

namespace tuesday::server {

Result<void> MetricsKeeper::Open(const std::string& folder, std::uint64_t bytes_max, metrics::SeriesStore& store) {
  metricslog::Replayed replayed;
  const auto take = [&store](std::string_view bytes) {
    const Result<metrics::SampleBatch> batch = metrics::DecodeBatch(bytes);
    if (!batch.has_value()) return spdlog::warn("metrics: {}", ErrorText(batch.error()));
    for (const metrics::Series& series : batch->series) {
      const metrics::SeriesRef ref = store.Open(series.labels);
      // A sample that is not newer than the last was read from an overlapping batch.
      for (const metrics::Sample& sample : series.samples) static_cast<void>(store.Append(ref, sample));
    }
  };
  metricslog::LogLimits limits;
  limits.total_bytes_max = bytes_max;
  TRY(metricslog::BatchLog log, metricslog::BatchLog::Open(folder, limits, take, replayed));
  log_.emplace(std::move(log));
  for (const std::string& complaint : replayed.complaints) spdlog::warn("metrics: {}", complaint);
  malloc_trim(0);  // Whole segments were in memory.
  return {};
}

void MetricsKeeper::Persist(control::Executor& executor, metrics::SampleBatch batch) {
  executor.Run(
      "metrics",
      [this, batch = std::move(batch), now = clock_.Now()] {
        const Result<void> appended = log_->Append(metrics::EncodeBatch(batch), now);
        trouble_ = appended.has_value() ? "" : ErrorText(appended.error());
      },
      [this] { unsynced_ = true; });
}

void MetricsKeeper::SetBytesMax(control::Executor& executor, std::uint64_t bytes_max) {
  executor.Run(
      "metrics",
      [this, bytes_max] {
        const Result<void> dropped = log_->SetTotalBytesMax(bytes_max);
        if (!dropped.has_value()) spdlog::warn("metrics: {}", ErrorText(dropped.error()));
      },
      [] {});
}

// An ended segment has its labels in every batch: merged it takes a fortieth, and is read back as quickly.
void MetricsKeeper::Merge() {
  const Result<bool> merged = log_->MergeOldest(
      [](const std::vector<std::string_view>& batches) { return metrics::MergeBatches(batches, metricslog::kBatchBytesMax); });
  if (!merged.has_value()) return spdlog::warn("metrics: {}", ErrorText(merged.error()));
  if (*merged) malloc_trim(0);  // What was read and written at once is not needed again for minutes.
}

void MetricsKeeper::Start(control::Executor& executor) {
  loop_.After(kSyncInterval, [this, &executor] {
    if (std::exchange(unsynced_, false)) {
      executor.Run(
          "metrics",
          [this] {
            const Result<void> synced = log_->Sync();
            if (!synced.has_value()) trouble_ = ErrorText(synced.error());
            Merge();
          },
          [this] {
            if (!trouble_.empty()) spdlog::warn("metrics are not kept: {}", trouble_);
          });
    }
    Start(executor);
  });
}

}  // namespace tuesday::server
