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

void Identity::HideName() {
  if (labels_.size() > kPairsMax) {
    *this = KeptOfMany([](const Pair& pair) { return !IsNameLabel(pair.first); });
    return;
  }
  if (visible_ == AllOf(labels_.size())) {
    hash_ = labels_.NamelessHash();
  } else {
    for (std::uint64_t left = visible_ & labels_.NameBits(); left != 0; left &= left - 1) {
      hash_ -= Labels::HashOf(labels_.begin()[std::countr_zero(left)]);
    }
  }
  visible_ &= ~labels_.NameBits();
}

Labels Identity::Whole() const {
  if (visible_ == AllOf(labels_.size())) return labels_;
  std::vector<Pair> kept;
  kept.reserve(static_cast<std::size_t>(std::popcount(visible_)));
  for (std::uint64_t left = visible_; left != 0; left &= left - 1) kept.push_back(labels_.begin()[std::countr_zero(left)]);
  return Labels(std::move(kept));
}

std::string_view Identity::Get(std::string_view label) const {
  if (labels_.size() > kPairsMax) return labels_.Get(label);
  for (std::uint64_t left = visible_; left != 0; left &= left - 1) {
    const Pair& pair = labels_.begin()[std::countr_zero(left)];
    if (pair.first == label) return pair.second;
  }
  return {};
}

bool operator==(const Identity& a, const Identity& b) {
  if (a.hash_ != b.hash_) return false;
  if (a.labels_.size() > Identity::kPairsMax || b.labels_.size() > Identity::kPairsMax) return a.Whole() == b.Whole();
  if (std::popcount(a.visible_) != std::popcount(b.visible_)) return false;
  std::uint64_t left = a.visible_;
  std::uint64_t right = b.visible_;
  for (; left != 0; left &= left - 1, right &= right - 1) {
    if (a.labels_.begin()[std::countr_zero(left)] != b.labels_.begin()[std::countr_zero(right)]) return false;
  }
  return true;
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
