// SPDX-License-Identifier: Apache-2.0
// The labels of a row while it is worked on. Most operations drop the metric's name or keep a few labels: the others are only
// hidden here, and labels without them are made for the few rows that somebody looks at in the end.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/metrics/labels.h"

namespace tuesday::promql {

class Identity {
 public:
  using Pair = metrics::Labels::Pair;

  Identity() = default;
  Identity(metrics::Labels labels)  // NOLINT(google-explicit-constructor)
      : labels_(std::move(labels)), visible_(AllOf(labels_.size())), hash_(labels_.Hash()) {}

  // Of the labels of IsNameLabel there is one, visible or not; false where there are too many labels to tell.
  bool HasOneName() const { return labels_.size() <= kPairsMax && std::popcount(labels_.NameBits()) == 1; }
  // Hides the labels of IsNameLabel.
  void HideName();

  // Calls `keeps` with the name of each visible label and hides those that it refuses.
  template <typename Keeps>
  Identity Kept(const Keeps& keeps) const {
    if (labels_.size() > kPairsMax) return KeptOfMany([&](const Pair& pair) { return keeps(pair.first); });
    Identity kept = *this;
    kept.hash_ = 0;
    for (std::uint64_t left = visible_; left != 0; left &= left - 1) {
      const Pair& pair = labels_.begin()[std::countr_zero(left)];
      if (keeps(pair.first)) {
        kept.hash_ += metrics::Labels::HashOf(pair);
      } else {
        kept.visible_ &= ~(left & (~left + 1));
      }
    }
    return kept;
  }

  // The visible labels.
  metrics::Labels Whole() const;
  std::string_view Get(std::string_view label) const;
  std::string_view Name() const { return Get(metrics::kNameLabel); }
  std::uint64_t Hash() const { return hash_; }  // That of Whole().
  void Fetch() const { labels_.Fetch(); }

  // Whether what is visible is equal.
  friend bool operator==(const Identity& a, const Identity& b);

 private:
  static constexpr std::size_t kPairsMax = 64;  // More labels than this are made anew instead of hidden.
  static std::uint64_t AllOf(std::size_t pairs) { return pairs >= kPairsMax ? ~0ULL : (1ULL << pairs) - 1; }

  template <typename Keeps>
  Identity KeptOfMany(const Keeps& keeps) const {
    std::vector<Pair> kept;
    for (const Pair& pair : labels_) {
      if (keeps(pair)) kept.push_back(pair);
    }
    return Identity(metrics::Labels(std::move(kept)));
  }

  metrics::Labels labels_;
  std::uint64_t visible_ = 0;  // Bit i: pair i is visible. With more than kPairsMax labels every label is.
  std::uint64_t hash_ = 0;
};

// Numbers things 0, 1, 2, ... in the order in which they first come, by their hashes and an equality of the caller.
class HashIndex {
 public:
  explicit HashIndex(std::size_t expected);

  // The number of the thing with this hash for which `equals(number)` holds; else the next free number, now taken.
  template <typename Equals>
  std::size_t FindOrAdd(std::uint64_t hash, const Equals& equals) {
    std::size_t slot = SlotOf(hash);
    for (; slots_[slot] != 0; slot = (slot + 1) & mask_) {
      const std::size_t number = slots_[slot] - 1;
      if (hashes_[number] == hash && equals(number)) return number;
    }
    return Add(slot, hash);
  }

  // The same without taking a number; size() when there is none.
  template <typename Equals>
  std::size_t Find(std::uint64_t hash, const Equals& equals) const {
    for (std::size_t slot = SlotOf(hash); slots_[slot] != 0; slot = (slot + 1) & mask_) {
      const std::size_t number = slots_[slot] - 1;
      if (hashes_[number] == hash && equals(number)) return number;
    }
    return size();
  }

  std::size_t size() const { return hashes_.size(); }

 private:
  std::size_t SlotOf(std::uint64_t hash) const { return static_cast<std::size_t>(hash ^ (hash >> 29)) & mask_; }
  std::size_t Add(std::size_t slot, std::uint64_t hash);

  std::vector<std::uint32_t> slots_;  // A number plus one; 0 is free. Never more than half of them are taken.
  std::vector<std::uint64_t> hashes_;
  std::size_t mask_ = 0;
};

}  // namespace tuesday::promql
