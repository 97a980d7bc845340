// SPDX-License-Identifier: Apache-2.0
// A share of requests in thousandths. The one place where percent and permille meet.
#pragma once

#include <compare>
#include <string>

#include "base/check.h"

namespace tuesday {

class Weight {
 public:
  constexpr Weight() = default;

  static Weight Permille(int permille) {
    CHECK(permille >= 0 && permille <= 1000, "a weight is 0 to 1000 thousandths");
    return Weight(permille);
  }
  static Weight Percent(int percent) { return Permille(percent * 10); }

  constexpr int permille() const { return permille_; }

  // "10 %" or "0.5 %".
  std::string Text() const;

  friend constexpr auto operator<=>(Weight, Weight) = default;

 private:
  constexpr explicit Weight(int permille) : permille_(permille) {}

  int permille_ = 0;
};

inline const Weight kNoWeight = Weight();
inline const Weight kFullWeight = Weight::Permille(1000);

}  // namespace tuesday
