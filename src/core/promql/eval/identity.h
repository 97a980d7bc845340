// SPDX-License-Identifier: Apache-2.0
// The labels of a row while it is worked on. Most operations drop the metric's name: it is only hidden here, and labels without
// it are made for the few rows that somebody looks at in the end.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/metrics/labels.h"

namespace tuesday::promql {

class Identity {
 public:
  Identity() = default;
  Identity(metrics::Labels labels) : labels_(std::move(labels)) {}  // NOLINT(google-explicit-constructor)

  void HideName() { hides_name_ = true; }

  // The visible labels.
  metrics::Labels Whole() const;
  std::string_view Get(std::string_view label) const {
    return hides_name_ && metrics::IsNameLabel(label) ? std::string_view() : labels_.Get(label);
  }
  std::string_view Name() const { return Get(metrics::kNameLabel); }
  std::uint64_t Hash() const { return hides_name_ ? labels_.NamelessHash() : labels_.Hash(); }  // That of Whole().

  // Calls `visit` with each visible pair, in order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const metrics::Labels::Pair& pair : labels_) {
      if (!hides_name_ || !metrics::IsNameLabel(pair.first)) visit(pair);
    }
  }

  // Whether what is visible is equal.
  friend bool operator==(const Identity& a, const Identity& b);

 private:
  metrics::Labels labels_;
  bool hides_name_ = false;
};

// Some pairs of one identity, in order, and their hash: labels that need not be made to be looked up.
struct KeptLabels {
  std::vector<const metrics::Labels::Pair*> pairs;
  std::uint64_t hash = 0;

  template <typename Keeps>
  void Assign(const Identity& identity, const Keeps& keeps) {
    pairs.clear();
    hash = 0;
    identity.ForEach([&](const metrics::Labels::Pair& pair) {
      if (!keeps(pair.first)) return;
      pairs.push_back(&pair);
      hash += metrics::Labels::HashOf(pair);
    });
  }
  metrics::Labels Make() const;
  bool Equals(const metrics::Labels& labels) const;
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
