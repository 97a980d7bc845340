// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/store.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/check.h"
#include "core/metrics/index.h"

namespace tuesday::metrics {

namespace {

using ChunkList = std::vector<std::shared_ptr<const Chunk>>;

// Written once from the front, never moved: a reader that knows how many samples were there needs no lock.
struct Head {
  std::array<Sample, kHeadSamples> samples;
};

constexpr std::int64_t kChunkOverheadBytes = sizeof(Chunk) + 64;
constexpr std::int64_t kSeriesOverheadBytes = 256;

std::int64_t LabelBytes(const Labels& labels) {
  std::int64_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += static_cast<std::int64_t>(2 * (name.size() + value.size()) + 128);
  return bytes;
}

struct SnapshotSeries {
  std::shared_ptr<const ChunkList> sealed;
  std::shared_ptr<const Head> head;
  std::size_t head_count = 0;
};

class StoreSnapshot : public Source {
 public:
  StoreSnapshot(std::shared_ptr<const SeriesIndex> index, std::vector<SnapshotSeries> series)
      : index_(std::move(index)), series_(std::move(series)) {}

  Result<std::vector<Series>> Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to) const override {
    TRY(const std::vector<std::uint32_t> positions, index_->Find(matchers));
    std::vector<Series> found;
    found.reserve(positions.size());
    for (const std::uint32_t position : positions) {
      TRY(Samples samples, Read(series_[position], from, to));
      if (!samples.empty()) found.push_back(Series{index_->LabelsAt(position), std::move(samples)});
    }
    return found;
  }

 private:
  // A window inside the head is only looked at; older samples are decoded.
  static Result<Samples> Read(const SnapshotSeries& series, std::int64_t from, std::int64_t to) {
    const std::span<const Sample> head = series.head == nullptr
                                             ? std::span<const Sample>()
                                             : Inside(std::span(series.head->samples.data(), series.head_count), from, to);
    std::size_t first = series.sealed == nullptr ? 0 : series.sealed->size();
    const std::size_t end = first;
    while (first > 0 && (*series.sealed)[first - 1]->last_ms > from) --first;
    std::vector<Sample> decoded;
    for (; first < end && (*series.sealed)[first]->first_ms <= to; ++first) {
      TRY_OK(DecodeChunkInto((*series.sealed)[first]->bytes, decoded));
    }
    if (decoded.empty()) return Samples(series.head, head);
    decoded.insert(decoded.end(), head.begin(), head.end());
    auto shared = std::make_shared<const std::vector<Sample>>(std::move(decoded));
    return Samples(shared, Inside(*shared, from, to));
  }

  // Those in (from, to].
  static std::span<const Sample> Inside(std::span<const Sample> samples, std::int64_t from, std::int64_t to) {
    const auto after = [](std::int64_t t, const Sample& sample) { return t < sample.t; };
    const auto begin = std::upper_bound(samples.begin(), samples.end(), from, after);
    return {begin, std::upper_bound(begin, samples.end(), to, after)};
  }

  std::shared_ptr<const SeriesIndex> index_;
  std::vector<SnapshotSeries> series_;
};

}  // namespace

struct SeriesStore::Entry {
  Labels labels;
  std::shared_ptr<const ChunkList> sealed;
  std::shared_ptr<Head> head;
  std::size_t head_count = 0;
  std::int64_t last_ms = INT64_MIN;
};

SeriesStore::SeriesStore(std::int64_t bytes_max) : bytes_max_(bytes_max) {}
SeriesStore::~SeriesStore() = default;

SeriesRef SeriesStore::Open(const Labels& labels) {
  const auto [at, made] = by_labels_.try_emplace(labels, SeriesRef{next_ref_});
  if (made) {
    ++next_ref_;
    entries_[at->second.value].labels = labels;
    stats_.series += 1;
    stats_.bytes += kSeriesOverheadBytes + LabelBytes(labels);
    index_.reset();
  }
  return at->second;
}

Result<void> SeriesStore::Append(const Labels& labels, Sample sample) { return Append(Open(labels), sample); }

Result<void> SeriesStore::Append(SeriesRef series, Sample sample) {
  const auto at = entries_.find(series.value);
  if (at == entries_.end()) return Fail(ErrorCode::kNotFound, "The series was dropped; open it again.");
  Entry& entry = at->second;
  if (sample.t <= entry.last_ms) {
    stats_.refused_samples += 1;
    return Fail(ErrorCode::kStale, "A sample of " + entry.labels.Text() + " is not newer than the last one.");
  }
  if (entry.head == nullptr) {
    entry.head = std::make_shared<Head>();
    stats_.bytes += static_cast<std::int64_t>(sizeof(Head));
  }
  entry.head->samples[entry.head_count++] = sample;
  entry.last_ms = sample.t;
  stats_.samples += 1;
  if (entry.head_count == kHeadSamples) Seal(series, entry);
  if (stats_.bytes > bytes_max_) EnforceLimit();
  return {};
}

void SeriesStore::Seal(SeriesRef ref, Entry& entry) {
  auto chunk = std::make_shared<const Chunk>(SealChunk(std::span(entry.head->samples.data(), entry.head_count)));
  stats_.sealed_samples += chunk->count;
  stats_.sealed_bytes += static_cast<std::int64_t>(chunk->bytes.size());
  stats_.bytes +=
      static_cast<std::int64_t>(chunk->bytes.size()) + kChunkOverheadBytes - static_cast<std::int64_t>(sizeof(Head));
  sealed_by_age_.emplace(chunk->last_ms, ref);
  // Snapshots hold the old list and the old head: both are replaced, not changed.
  auto list = entry.sealed == nullptr ? std::make_shared<ChunkList>() : std::make_shared<ChunkList>(*entry.sealed);
  list->push_back(std::move(chunk));
  entry.sealed = std::move(list);
  entry.head.reset();
  entry.head_count = 0;
}

void SeriesStore::DropOldestChunk(Entry& entry) {
  const Chunk& chunk = *entry.sealed->front();
  stats_.samples -= chunk.count;
  stats_.sealed_samples -= chunk.count;
  stats_.sealed_bytes -= static_cast<std::int64_t>(chunk.bytes.size());
  stats_.bytes -= static_cast<std::int64_t>(chunk.bytes.size()) + kChunkOverheadBytes;
  entry.sealed = std::make_shared<const ChunkList>(entry.sealed->begin() + 1, entry.sealed->end());
}

void SeriesStore::EnforceLimit() {
  while (stats_.bytes > bytes_max_ && !sealed_by_age_.empty()) {
    const auto oldest = sealed_by_age_.begin();
    Entry& entry = entries_.at(oldest->second.value);
    stats_.evicted_samples += entry.sealed->front()->count;
    DropOldestChunk(entry);
    sealed_by_age_.erase(oldest);
  }
}

void SeriesStore::Remove(SeriesRef ref) {
  const auto at = entries_.find(ref.value);
  Entry& entry = at->second;
  stats_.series -= 1;
  stats_.samples -= static_cast<std::int64_t>(entry.head_count);
  stats_.bytes -=
      kSeriesOverheadBytes + LabelBytes(entry.labels) + (entry.head == nullptr ? 0 : static_cast<std::int64_t>(sizeof(Head)));
  by_labels_.erase(entry.labels);
  entries_.erase(at);
  index_.reset();
}

void SeriesStore::DropBefore(std::int64_t t_ms) {
  while (!sealed_by_age_.empty() && sealed_by_age_.begin()->first < t_ms) {
    DropOldestChunk(entries_.at(sealed_by_age_.begin()->second.value));
    sealed_by_age_.erase(sealed_by_age_.begin());
  }
  std::vector<SeriesRef> gone;
  for (const auto& [labels, ref] : by_labels_) {
    const Entry& entry = entries_.at(ref.value);
    const bool no_chunks = entry.sealed == nullptr || entry.sealed->empty();
    if (no_chunks && entry.last_ms != INT64_MIN && entry.last_ms < t_ms) gone.push_back(ref);
  }
  for (const SeriesRef ref : gone) Remove(ref);
}

std::shared_ptr<const Source> SeriesStore::Snapshot() const {
  if (index_ == nullptr) {
    index_ = std::make_shared<const SeriesIndex>(by_labels_);
    in_order_.clear();
    // Entries do not move while they are in the container.
    for (std::size_t i = 0; i < index_->size(); ++i) in_order_.push_back(&entries_.at(index_->RefAt(i).value));
  }
  std::vector<SnapshotSeries> series;
  series.reserve(in_order_.size());
  for (const Entry* entry : in_order_) series.push_back({entry->sealed, entry->head, entry->head_count});
  return std::make_shared<const StoreSnapshot>(index_, std::move(series));
}

}  // namespace tuesday::metrics
