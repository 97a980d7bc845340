// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/store.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>

#include "base/check.h"
#include "core/metrics/index.h"

namespace tuesday::metrics {

// The series of a store when some came or went. Putting them in order is cheap and done by the writer; the index over them is
// built by the first reader that looks for something, so that the writer's thread never waits for it.
class SeriesSet {
 public:
  explicit SeriesSet(std::vector<Labels> labels) : labels_(std::move(labels)) {}

  // Two readers at once may both build it; the later one's is the one that stays, and they are equal.
  std::shared_ptr<const SeriesIndex> index() const {
    std::shared_ptr<const SeriesIndex> index = std::atomic_load(&index_);
    if (index != nullptr) return index;
    index = std::make_shared<const SeriesIndex>(labels_);
    std::atomic_store(&index_, index);
    return index;
  }

 private:
  std::vector<Labels> labels_;  // In order.
  mutable std::shared_ptr<const SeriesIndex> index_;
};

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

// What stays in a head when the rest of it is sealed.
constexpr std::size_t kStayingSamples = kHeadSamples - kSealedSamples;

// Chunks of fewer bytes are mostly overhead: most series of a service that rests never change.
constexpr std::size_t kJoinedBytesMax = 160;

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
  StoreSnapshot(std::shared_ptr<const SeriesSet> set, std::vector<SnapshotSeries> series)
      : set_(std::move(set)), series_(std::move(series)) {}

  bool MayHaveForeign() const override { return set_->index()->HasForeign(); }

  Result<std::vector<Series>> Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to) const override {
    const std::shared_ptr<const SeriesIndex> index = set_->index();
    TRY(const std::vector<std::uint32_t> positions, index->Find(matchers));
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
        if (!head.empty()) found.push_back({index->LabelsAt(position), Samples(series.head, head)});
        continue;
      }
      const std::size_t begin = decoded->size();
      TRY_OK(Decode(series, from, to, *decoded));
      decoded->insert(decoded->end(), head.begin(), head.end());
      if (decoded->size() == begin) continue;
      parts.push_back({found.size(), begin, decoded->size()});
      found.push_back({index->LabelsAt(position), {}});
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

  std::shared_ptr<const SeriesSet> set_;
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
    set_.reset();
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
  // Series that began together do not fill their heads together: whoever appends would wait for all of them to be sealed.
  const std::size_t sooner = entry.sealed == nullptr ? (series.value - 1) % kStayingSamples : 0;
  if (entry.head_count == kHeadSamples - sooner) Seal(series, entry, entry.head_count - kStayingSamples);
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

bool SeriesStore::IsJoined(const Entry& entry, std::size_t count) {
  if (entry.sealed == nullptr || entry.sealed->empty()) return false;
  const Chunk& last = *entry.sealed->back();
  return last.bytes.size() <= kJoinedBytesMax && static_cast<std::size_t>(last.count) + count <= kJoinedSamplesMax;
}

// The chunk of the oldest samples of the head, with those of the last chunk before them where both are joined: that one is not
// counted any more.
std::shared_ptr<const Chunk> SeriesStore::MakeChunk(SeriesRef ref, const Entry& entry, std::size_t count) {
  const std::span<const Sample> head(entry.head.get(), entry.head_count);
  std::vector<Sample> samples;
  if (IsJoined(entry, count)) {
    const Chunk& last = *entry.sealed->back();
    CHECK(DecodeChunkInto(last.bytes, samples).has_value(), "what was sealed here reads back");
    stats_.sealed_samples -= last.count;
    stats_.sealed_bytes -= static_cast<std::int64_t>(last.bytes.size());
    stats_.bytes -= static_cast<std::int64_t>(last.bytes.size()) + kChunkOverheadBytes;
    sealed_by_age_.erase({last.last_ms, ref});
  }
  samples.insert(samples.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(count));
  return std::make_shared<const Chunk>(SealChunk(samples));
}

void SeriesStore::Seal(SeriesRef ref, Entry& entry, std::size_t count) {
  const std::span<const Sample> head(entry.head.get(), entry.head_count);
  const bool is_joined = IsJoined(entry, count);
  std::shared_ptr<const Chunk> chunk = MakeChunk(ref, entry, count);
  stats_.sealed_samples += chunk->count;
  stats_.sealed_bytes += static_cast<std::int64_t>(chunk->bytes.size());
  stats_.bytes += static_cast<std::int64_t>(chunk->bytes.size()) + kChunkOverheadBytes;
  sealed_by_age_.emplace(chunk->last_ms, ref);
  entry.sealed_until_ms = chunk->last_ms;
  // Snapshots hold the old list and the old head: both are replaced, not changed.
  auto list = entry.sealed == nullptr ? std::make_shared<ChunkList>() : std::make_shared<ChunkList>(*entry.sealed);
  if (is_joined) list->pop_back();
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
  set_.reset();
  snapshot_.reset();
}

bool SeriesStore::DropBefore(std::int64_t t_ms, std::size_t series_max) {
  std::size_t left = series_max;
  for (; left > 0 && !sealed_by_age_.empty() && sealed_by_age_.begin()->first < t_ms; --left) {
    DropOldestChunk(entries_.at(sealed_by_age_.begin()->second.value));
    sealed_by_age_.erase(sealed_by_age_.begin());
  }
  snapshot_.reset();
  std::vector<SeriesRef> gone;
  auto at = looked_at_ ? by_labels_.upper_bound(*looked_at_) : by_labels_.begin();
  for (left = std::max<std::size_t>(left, 1); left > 0 && at != by_labels_.end(); --left, ++at) {
    const SeriesRef ref = at->second;
    looked_at_ = at->first;
    Entry& entry = entries_.at(ref.value);
    const bool no_chunks = entry.sealed == nullptr || entry.sealed->empty();
    if (no_chunks && entry.last_ms != INT64_MIN && entry.last_ms < t_ms) {
      gone.push_back(ref);
    } else if (entry.head_count > 0 && entry.last_ms < newest_ms_ - kEndedAfterMs) {
      Seal(ref, entry, entry.head_count);
    }
  }
  const bool is_through = at == by_labels_.end();
  if (is_through) looked_at_.reset();
  for (const SeriesRef ref : gone) Remove(ref);
  if (stats_.bytes > bytes_max_) EnforceLimit();
  return is_through;
}

std::shared_ptr<const Source> SeriesStore::Snapshot() const {
  if (snapshot_ != nullptr) return snapshot_;
  if (set_ == nullptr) {
    std::vector<Labels> all;
    all.reserve(by_labels_.size());
    in_order_.clear();
    for (const auto& [labels, ref] : by_labels_) {
      all.push_back(labels);
      in_order_.push_back(&entries_.at(ref.value));  // Entries do not move while they are in the container.
    }
    set_ = std::make_shared<const SeriesSet>(std::move(all));
  }
  std::vector<SnapshotSeries> series;
  series.reserve(in_order_.size());
  for (const Entry* entry : in_order_)
    series.push_back({entry->sealed, entry->head, entry->head_count, entry->sealed_until_ms});
  snapshot_ = std::make_shared<const StoreSnapshot>(set_, std::move(series));
  return snapshot_;
}

}  // namespace tuesday::metrics
