// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/index.h"

#include <algorithm>
#include <numeric>

#include "core/metrics/view.h"

namespace tuesday::metrics {

namespace {

constexpr std::size_t kSearchRatio = 16;  // From so many times more positions on, each is searched for.

// Keeps what both ascending lists have.
void Intersect(std::vector<std::uint32_t>& found, const std::vector<std::uint32_t>& other) {
  const bool search = other.size() / kSearchRatio > found.size();
  auto from = other.begin();
  std::erase_if(found, [&](std::uint32_t position) {
    if (search) {
      // What is looked for is mostly near: the distance doubles until it is passed.
      std::ptrdiff_t reach = 1;
      while (reach < other.end() - from && from[reach] < position) reach *= 2;
      from = std::lower_bound(from + reach / 2, from + std::min(reach + 1, other.end() - from), position);
    } else {
      while (from != other.end() && *from < position) ++from;
    }
    return from == other.end() || *from != position;
  });
}

}  // namespace

SeriesIndex::SeriesIndex(std::vector<Labels> series) : labels_(std::move(series)) {
  const std::size_t words = (labels_.size() + 63) / 64;
  // Sorted series have most labels of the one before, in the same places: only what differs is looked for.
  std::vector<Place> places;
  for (std::uint32_t position = 0; position < labels_.size(); ++position) {
    const Labels& labels = labels_[position];
    if (places.size() < labels.size()) places.resize(labels.size());
    bool has_other_names = position == 0 || labels.size() != labels_[position - 1].size();
    auto place = places.begin();
    for (const auto& [name, value] : labels) {
      if (place->name == nullptr || *place->name != name) {
        const auto at = by_name_.try_emplace(name).first;
        at->second.bits.resize(words);
        *place = {&at->first, &at->second, nullptr, nullptr};
        has_other_names = true;
      }
      if (place->value == nullptr || *place->value != value) {
        const auto at = place->holders->by_value.try_emplace(value).first;
        place->value = &at->first;
        place->positions = &at->second;
      }
      place->positions->push_back(position);
      place->holders->bits[position / 64] |= 1ULL << (position % 64);
      ++place->holders->count;
      ++place;
    }
    // Whose series it is follows from the names.
    if (has_other_names) has_foreign_ = has_foreign_ || !IsOwnSeries(labels);
  }
}

const SeriesIndex::Holders* SeriesIndex::HoldersOf(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &at->second;
}

std::optional<SeriesIndex::Positions> SeriesIndex::FindEqual(const std::vector<LabelMatcher>& matchers) const {
  std::vector<const Positions*> lists;
  for (const LabelMatcher& matcher : matchers) {
    if (matcher.op != MatchOp::kEqual || matcher.value.empty()) continue;
    const Holders* holders = HoldersOf(matcher.name);
    if (holders == nullptr) return Positions();
    const auto value = holders->by_value.find(matcher.value);
    if (value == holders->by_value.end()) return Positions();
    lists.push_back(&value->second);
  }
  if (lists.empty()) return std::nullopt;
  std::sort(lists.begin(), lists.end(), [](const Positions* a, const Positions* b) { return a->size() < b->size(); });
  Positions found = *lists.front();
  for (std::size_t i = 1; i < lists.size() && !found.empty(); ++i) Intersect(found, *lists[i]);
  return found;
}

void SeriesIndex::Filter(const LabelMatcher& matcher, const CompiledMatchers& compiled, std::size_t index,
                         Positions& found) const {
  const Holders* holders = HoldersOf(matcher.name);
  const bool absent = compiled.MatchValue(index, "");
  if (holders == nullptr) {
    if (!absent) found.clear();
    return;
  }
  if (matcher.value.empty() && (matcher.op == MatchOp::kEqual || matcher.op == MatchOp::kNotEqual)) {
    if (absent && holders->count == size()) return found.clear();
    std::erase_if(found, [&](std::uint32_t position) { return holders->Has(position) == absent; });
    return;
  }
  if (holders->by_value.size() >= found.size()) {
    // Fewer series than values: each series is asked for its value.
    std::erase_if(found,
                  [&](std::uint32_t position) { return !compiled.MatchValue(index, labels_[position].Get(matcher.name)); });
    return;
  }
  // Each value is asked once, and its series are marked.
  std::vector<std::uint64_t> accepted(holders->bits.size());
  for (const auto& [value, positions] : holders->by_value) {
    if (!compiled.MatchValue(index, value)) continue;
    for (const std::uint32_t position : positions) accepted[position / 64] |= 1ULL << (position % 64);
  }
  std::erase_if(found, [&](std::uint32_t position) {
    const bool marked = (accepted[position / 64] >> (position % 64) & 1) != 0;
    return !marked && !(absent && !holders->Has(position));
  });
}

Result<std::vector<std::uint32_t>> SeriesIndex::Find(const std::vector<LabelMatcher>& matchers) const {
  TRY(const CompiledMatchers compiled, CompiledMatchers::Compile(matchers));
  std::optional<Positions> found = FindEqual(matchers);
  if (!found) {
    found.emplace(labels_.size());
    std::iota(found->begin(), found->end(), 0U);
  }
  for (std::size_t i = 0; i < matchers.size() && !found->empty(); ++i) {
    const bool done = matchers[i].op == MatchOp::kEqual && !matchers[i].value.empty();
    if (!done) Filter(matchers[i], compiled, i, *found);
  }
  return *std::move(found);
}

}  // namespace tuesday::metrics
