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
      const std::span<const Sample> head = Head(series, from, to);
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
    for (std::size_t i = begin; i < series.head_count; i += kLine) __builtin_prefetch(&series.head->samples[i]);
  }

  static std::span<const Sample> Head(const SnapshotSeries& series, std::int64_t from, std::int64_t to) {
    if (series.head == nullptr) return {};
    return Inside(std::span(series.head->samples.data(), series.head_count), from, to);
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
  std::shared_ptr<Head> head;
  std::size_t head_count = 0;
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
  const std::span<const Sample> head(entry.head->samples.data(), entry.head_count);
  auto chunk = std::make_shared<const Chunk>(SealChunk(head.first(kSealedSamples)));
  stats_.sealed_samples += chunk->count;
  stats_.sealed_bytes += static_cast<std::int64_t>(chunk->bytes.size());
  stats_.bytes += static_cast<std::int64_t>(chunk->bytes.size()) + kChunkOverheadBytes;
  sealed_by_age_.emplace(chunk->last_ms, ref);
  entry.sealed_until_ms = chunk->last_ms;
  // Snapshots hold the old list and the old head: both are replaced, not changed.
  auto list = entry.sealed == nullptr ? std::make_shared<ChunkList>() : std::make_shared<ChunkList>(*entry.sealed);
  list->push_back(std::move(chunk));
  entry.sealed = std::move(list);
  auto rest = std::make_shared<Head>();
  std::copy(head.begin() + kSealedSamples, head.end(), rest->samples.begin());
  entry.head_count -= kSealedSamples;
  entry.head = std::move(rest);
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
  for (const Entry* entry : in_order_)
    series.push_back({entry->sealed, entry->head, entry->head_count, entry->sealed_until_ms});
  return std::make_shared<const StoreSnapshot>(index_, std::move(series));
}

}  // namespace tuesday::metrics
