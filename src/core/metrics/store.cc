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

// Written once from the front, never moved: a reader that knows how many samples were there needs no lock. One that is full
// is replaced by a larger one, or sealed.
using Head = std::shared_ptr<Sample[]>;
using ReadHead = std::shared_ptr<const Sample[]>;

// Most series of a short life never fill a large one.
constexpr std::array<std::size_t, 3> kHeadSizes = {16, 60, kHeadSamples};

Head MakeHead(std::size_t samples) { return std::make_shared_for_overwrite<Sample[]>(samples); }

std::int64_t HeadBytes(std::size_t samples) { return static_cast<std::int64_t>(samples * sizeof(Sample)); }

// A series that was not written for so long has ended: its head is sealed as it is.
constexpr std::int64_t kEndedAfterMs = 5 * 60 * 1'000;

constexpr std::int64_t kChunkOverheadBytes = sizeof(Chunk) + 64;
constexpr std::int64_t kSeriesOverheadBytes = 256;

std::int64_t LabelBytes(const Labels& labels) {
  std::int64_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += static_cast<std::int64_t>(2 * (name.size() + value.size()) + 128);
  return bytes;
}

struct SnapshotSeries {
  std::shared_ptr<const ChunkList> sealed;
  ReadHead head;
  std::size_t head_count = 0;
  std::int64_t sealed_until_ms = INT64_MIN;
};

class StoreSnapshot : public Source {
 public:
  StoreSnapshot(std::shared_ptr<const SeriesIndex> index, std::vector<SnapshotSeries> series)
      : index_(std::move(index)), series_(std::move(series)) {}

  bool MayHaveForeign() const override { return index_->HasForeign(); }

  Result<std::vector<Series>> Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to) const override {
    TRY(const std::vector<std::uint32_t> positions, index_->Find(matchers));
    std::vector<Series> found;
    found.reserve(positions.size());
    // Windows inside the heads are only looked at. What had to be decoded shares one list, which moves until it is whole.
    const auto decoded = std::make_shared<std::vector<Sample>>();
    struct Part {
      std::size_t series;
      std::size_t begin;
      std::size_t end;
    };
    std::vector<Part> parts;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (i + kLookedAhead < positions.size()) FetchEnd(series_[positions[i + kLookedAhead]]);
      const std::uint32_t position = positions[i];
      const SnapshotSeries& series = series_[position];
      const std::span<const Sample> head = InHead(series, from, to);
      if (series.sealed_until_ms <= from) {
        if (!head.empty()) found.push_back({index_->LabelsAt(position), Samples(series.head, head)});
        continue;
      }
      const std::size_t begin = decoded->size();
      TRY_OK(Decode(series, from, to, *decoded));
      decoded->insert(decoded->end(), head.begin(), head.end());
      if (decoded->size() == begin) continue;
      parts.push_back({found.size(), begin, decoded->size()});
      found.push_back({index_->LabelsAt(position), {}});
    }
    for (const Part& part : parts) {
      found[part.series].samples = Samples(decoded, std::span(*decoded).subspan(part.begin, part.end - part.begin));
    }
    return found;
  }

 private:
  // Heads lie all over the memory: the newest samples are asked for before their turn comes.
  static constexpr std::size_t kLookedAhead = 6;
  static constexpr std::size_t kFetchedSamples = 32;  // Two minutes of them and what the search for the first one touches.
  static void FetchEnd(const SnapshotSeries& series) {
    if (series.head == nullptr) return;
    constexpr std::size_t kLine = 64 / sizeof(Sample);
    const std::size_t begin = series.head_count - std::min(series.head_count, kFetchedSamples);
    for (std::size_t i = begin; i < series.head_count; i += kLine)
      __builtin_prefetch(&series.head[static_cast<std::ptrdiff_t>(i)]);
  }

  static std::span<const Sample> InHead(const SnapshotSeries& series, std::int64_t from, std::int64_t to) {
    if (series.head == nullptr) return {};
    return Inside(std::span(series.head.get(), series.head_count), from, to);
  }

  // Puts the sealed samples of the window behind what is there.
  static Result<void> Decode(const SnapshotSeries& series, std::int64_t from, std::int64_t to, std::vector<Sample>& into) {
    const ChunkList& chunks = *series.sealed;
    std::size_t first = chunks.size();
    while (first > 0 && chunks[first - 1]->last_ms > from) --first;
    for (; first < chunks.size() && chunks[first]->first_ms <= to; ++first) {
      const std::size_t before = into.size();
      TRY_OK(DecodeChunkInto(chunks[first]->bytes, into));
      const std::span<const Sample> all = std::span(into).subspan(before);
      const std::span<const Sample> inside = Inside(all, from, to);
      if (inside.size() == all.size()) continue;
      std::copy(inside.begin(), inside.end(), into.begin() + static_cast<std::ptrdiff_t>(before));
      into.resize(before + inside.size());
    }
    return {};
  }

  // Those in (from, to]. Mostly the last ones are asked for: they are looked for from the end on.
  static std::span<const Sample> Inside(std::span<const Sample> samples, std::int64_t from, std::int64_t to) {
    const auto after = [](std::int64_t t, const Sample& sample) { return t < sample.t; };
    if (samples.empty() || samples.back().t > to) {
      samples = samples.first(
          static_cast<std::size_t>(std::upper_bound(samples.begin(), samples.end(), to, after) - samples.begin()));
    }
    std::size_t back = 1;
    while (back < samples.size() && samples[samples.size() - back].t > from) back *= 2;
    const auto begin = back < samples.size() ? samples.end() - static_cast<std::ptrdiff_t>(back) : samples.begin();
    return {std::upper_bound(begin, samples.end(), from, after), samples.end()};
  }

  std::shared_ptr<const SeriesIndex> index_;
  std::vector<SnapshotSeries> series_;
};

}  // namespace

struct SeriesStore::Entry {
  Labels labels;
  std::shared_ptr<const ChunkList> sealed;
  Head head;
  std::size_t head_count = 0;
  std::size_t head_size = 0;
  std::int64_t last_ms = INT64_MIN;
  std::int64_t sealed_until_ms = INT64_MIN;
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
    snapshot_.reset();
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
  if (entry.head_count == entry.head_size) Widen(entry);
  entry.head[static_cast<std::ptrdiff_t>(entry.head_count++)] = sample;
  entry.last_ms = sample.t;
  newest_ms_ = std::max(newest_ms_, sample.t);
  stats_.samples += 1;
  snapshot_.reset();
  if (entry.head_count == kHeadSamples) Seal(series, entry, kSealedSamples);
  if (stats_.bytes > bytes_max_) EnforceLimit();
  return {};
}

// Snapshots hold the head that was full.
void SeriesStore::Widen(Entry& entry) {
  const auto size = *std::ranges::upper_bound(kHeadSizes, entry.head_size);
  Head wider = MakeHead(size);
  std::copy_n(entry.head.get(), entry.head_count, wider.get());
  stats_.bytes += HeadBytes(size) - HeadBytes(entry.head_size);
  entry.head = std::move(wider);
  entry.head_size = size;
}

void SeriesStore::Seal(SeriesRef ref, Entry& entry, std::size_t count) {
  const std::span<const Sample> head(entry.head.get(), entry.head_count);
  auto chunk = std::make_shared<const Chunk>(SealChunk(head.first(count)));
  stats_.sealed_samples += chunk->count;
  stats_.sealed_bytes += static_cast<std::int64_t>(chunk->bytes.size());
  stats_.bytes += static_cast<std::int64_t>(chunk->bytes.size()) + kChunkOverheadBytes;
  sealed_by_age_.emplace(chunk->last_ms, ref);
  entry.sealed_until_ms = chunk->last_ms;
  // Snapshots hold the old list and the old head: both are replaced, not changed.
  auto list = entry.sealed == nullptr ? std::make_shared<ChunkList>() : std::make_shared<ChunkList>(*entry.sealed);
  list->push_back(std::move(chunk));
  entry.sealed = std::move(list);
  const std::size_t size = count == head.size() ? 0 : kHeadSamples;
  Head rest = size == 0 ? nullptr : MakeHead(size);
  std::ranges::copy(head.subspan(count), rest.get());
  stats_.bytes += HeadBytes(size) - HeadBytes(entry.head_size);
  entry.head = std::move(rest);
  entry.head_count -= count;
  entry.head_size = size;
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
    const SeriesRef ref = oldest->second;
    Entry& entry = entries_.at(ref.value);
    stats_.evicted_samples += entry.sealed->front()->count;
    DropOldestChunk(entry);
    sealed_by_age_.erase(oldest);
    if (entry.head_count == 0 && entry.sealed->empty()) Remove(ref);
  }
}

void SeriesStore::Remove(SeriesRef ref) {
  const auto at = entries_.find(ref.value);
  Entry& entry = at->second;
  stats_.series -= 1;
  stats_.samples -= static_cast<std::int64_t>(entry.head_count);
  stats_.bytes -= kSeriesOverheadBytes + LabelBytes(entry.labels) + HeadBytes(entry.head_size);
  by_labels_.erase(entry.labels);
  entries_.erase(at);
  index_.reset();
  snapshot_.reset();
}

void SeriesStore::DropBefore(std::int64_t t_ms) {
  while (!sealed_by_age_.empty() && sealed_by_age_.begin()->first < t_ms) {
    DropOldestChunk(entries_.at(sealed_by_age_.begin()->second.value));
    sealed_by_age_.erase(sealed_by_age_.begin());
  }
  snapshot_.reset();
  std::vector<SeriesRef> gone;
  for (const auto& [labels, ref] : by_labels_) {
    Entry& entry = entries_.at(ref.value);
    const bool no_chunks = entry.sealed == nullptr || entry.sealed->empty();
    if (no_chunks && entry.last_ms != INT64_MIN && entry.last_ms < t_ms) {
      gone.push_back(ref);
    } else if (entry.head_count > 0 && entry.last_ms < newest_ms_ - kEndedAfterMs) {
      Seal(ref, entry, entry.head_count);
    }
  }
  for (const SeriesRef ref : gone) Remove(ref);
  if (stats_.bytes > bytes_max_) EnforceLimit();
}

std::shared_ptr<const Source> SeriesStore::Snapshot() const {
  if (snapshot_ != nullptr) return snapshot_;
  if (index_ == nullptr) {
    index_ = std::make_shared<const SeriesIndex>(by_labels_);
    in_order_.clear();
    // Entries do not move while they are in the container.
    for (std::size_t i = 0; i < index_->size(); ++i) in_order_.push_back(&entries_.at(index_->RefAt(i).value));
  }
  std::vector<SnapshotSeries> series;
  series.reserve(in_order_.size());
  for (const Entry* entry : in_order_)
    series.push_back({entry->sealed, entry->head, entry->head_count, entry->sealed_until_ms});
  snapshot_ = std::make_shared<const StoreSnapshot>(index_, std::move(series));
  return snapshot_;
}

}  // namespace tuesday::metrics
