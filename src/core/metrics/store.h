// SPDX-License-Identifier: Apache-2.0
// The samples of the last hours in memory: compressed, bounded, with one writer. A snapshot is immutable and may be read
// from any thread while the writer goes on: sealed chunks are shared, and of a head only what was there is visible.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/metrics/chunk.h"
#include "core/metrics/labels.h"
#include "core/metrics/source.h"

namespace tuesday::metrics {

inline constexpr std::int64_t kStoreBytesMax = 256LL << 20;
inline constexpr std::int64_t kRetentionMs = 6LL * 60 * 60 * 1000;
inline constexpr std::size_t kHeadSamples = 180;       // Held as they came; when so many are there the oldest are sealed.
inline constexpr std::size_t kSealedSamples = 120;     // Into one chunk. The windows of rules stay clear of what is sealed.
inline constexpr std::size_t kJoinedSamplesMax = 960;  // Of chunks that hardly take anything and become one.

// Names one series of one store for as long as it has samples; never used again.
struct SeriesRef {
  std::uint64_t value = 0;
  friend auto operator<=>(const SeriesRef&, const SeriesRef&) = default;
};

struct Stats {
  std::int64_t series = 0;
  std::int64_t samples = 0;          // In memory now.
  std::int64_t bytes = 0;            // Estimated, labels and heads included.
  std::int64_t sealed_bytes = 0;     // Of compressed chunks only.
  std::int64_t sealed_samples = 0;   // In compressed chunks.
  std::int64_t refused_samples = 0;  // Older than or as old as the newest of their series.
  std::int64_t evicted_samples = 0;  // Dropped because of the limit of bytes, before their time.
};

class SeriesSet;

class SeriesStore {
 public:
  explicit SeriesStore(std::int64_t bytes_max = kStoreBytesMax);
  ~SeriesStore();

  // The series with these labels, made if it is new.
  SeriesRef Open(const Labels& labels);

  // kStale for a sample that is not newer than the last of its series, kNotFound for a series that has been dropped.
  Result<void> Append(SeriesRef series, Sample sample);
  Result<void> Append(const Labels& labels, Sample sample);

  // Everything appended so far. Costs a few nanoseconds a series, a few more after series came or went; nothing when nothing
  // was appended since the last one. What the first reader looks for builds the index, on its own thread.
  std::shared_ptr<const Source> Snapshot() const;

  // Forgets chunks whose newest sample is older than `t_ms`, and series that have none left; compresses what series hold that
  // are not written any more. Looks at up to so many series (and at least one), from where the last call ended: true when that
  // was all of them. For once in a while.
  bool DropBefore(std::int64_t t_ms, std::size_t series_max = SIZE_MAX);

  Stats stats() const { return stats_; }

 private:
  struct Entry;

  void Widen(Entry& entry);
  void Seal(SeriesRef ref, Entry& entry, std::size_t count);
  std::shared_ptr<const Chunk> MakeChunk(SeriesRef ref, const Entry& entry, std::size_t count);
  static bool IsJoined(const Entry& entry, std::size_t count);
  void DropOldestChunk(Entry& entry);
  void EnforceLimit();
  void Remove(SeriesRef ref);

  std::int64_t bytes_max_;
  std::uint64_t next_ref_ = 1;
  std::unordered_map<std::uint64_t, Entry> entries_;  // Looked up only, never iterated.
  std::map<Labels, SeriesRef> by_labels_;
  std::set<std::pair<std::int64_t, SeriesRef>> sealed_by_age_;  // Chunks by their newest sample.
  mutable std::shared_ptr<const SeriesSet> set_;                // Null when series came or went since it was made.
  mutable std::vector<const Entry*> in_order_;                  // By the positions of the set.
  mutable std::shared_ptr<const Source> snapshot_;              // The last one, while nothing has changed.
  std::int64_t newest_ms_ = INT64_MIN;
  std::optional<Labels> looked_at_;  // The last series that an unfinished DropBefore looked at.
  Stats stats_;
};

}  // namespace tuesday::metrics
