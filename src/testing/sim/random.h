// SPDX-License-Identifier: Apache-2.0
// The simulation's own random numbers (SplitMix64): the same on every machine and library, unlike <random>.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace tuesday::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  // 0 to bound - 1.
  int Below(int bound) { return static_cast<int>(Next() % static_cast<std::uint64_t>(bound)); }
  int Between(int low, int high) { return low + Below(high - low + 1); }
  bool Chance(int permille) { return Below(1000) < permille; }
  Duration Span(Duration low, Duration high) {
    const auto width = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration(static_cast<Duration::rep>(Next() % width));
  }

 private:
  std::uint64_t state_;
};

}  // namespace tuesday::sim
