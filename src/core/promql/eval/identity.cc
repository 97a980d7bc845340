// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/identity.h"

#include <algorithm>
#include <bit>

namespace tuesday::promql {

using metrics::IsNameLabel;
using metrics::Labels;

namespace {

constexpr std::size_t kSlotsLeast = 16;

}  // namespace

Labels Identity::Whole() const {
  if (!hides_name_) return labels_;
  std::vector<Labels::Pair> kept;
  kept.reserve(labels_.size());
  ForEach([&](const Labels::Pair& pair) { kept.push_back(pair); });
  return kept.size() == labels_.size() ? labels_ : Labels(std::move(kept));
}

bool operator==(const Identity& a, const Identity& b) {
  if (a.hides_name_ == b.hides_name_ && a.labels_.begin() == b.labels_.begin()) return true;
  const auto next = [](const Identity& identity, const Labels::Pair* at) {
    while (at != identity.labels_.end() && identity.hides_name_ && IsNameLabel(at->first)) ++at;
    return at;
  };
  const Labels::Pair* left = next(a, a.labels_.begin());
  const Labels::Pair* right = next(b, b.labels_.begin());
  while (left != a.labels_.end() && right != b.labels_.end()) {
    if (*left != *right) return false;
    left = next(a, left + 1);
    right = next(b, right + 1);
  }
  return left == a.labels_.end() && right == b.labels_.end();
}

Labels KeptLabels::Make() const {
  std::vector<Labels::Pair> kept;
  kept.reserve(pairs.size());
  for (const Labels::Pair* pair : pairs) kept.push_back(*pair);
  return Labels(std::move(kept));
}

bool KeptLabels::Equals(const Labels& labels) const {
  return std::equal(pairs.begin(), pairs.end(), labels.begin(), labels.end(),
                    [](const Labels::Pair* a, const Labels::Pair& b) { return *a == b; });
}

HashIndex::HashIndex(std::size_t expected)
    : slots_(std::bit_ceil(std::max(expected * 2, kSlotsLeast)), 0), mask_(slots_.size() - 1) {}

std::size_t HashIndex::Add(std::size_t slot, std::uint64_t hash) {
  hashes_.push_back(hash);
  slots_[slot] = static_cast<std::uint32_t>(hashes_.size());
  if (hashes_.size() * 2 > slots_.size()) {
    slots_.assign(slots_.size() * 2, 0);
    mask_ = slots_.size() - 1;
    for (std::size_t number = 0; number < hashes_.size(); ++number) {
      std::size_t free = SlotOf(hashes_[number]);
      while (slots_[free] != 0) free = (free + 1) & mask_;
      slots_[free] = static_cast<std::uint32_t>(number + 1);
    }
  }
  return hashes_.size() - 1;
}

}  // namespace tuesday::promql
