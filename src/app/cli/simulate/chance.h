// SPDX-License-Identifier: Apache-2.0
// Seeded chance for traffic: the same numbers on every machine and library, unlike <random>. A value.
#pragma once

#include <cstdint>

namespace tuesday::cli::simulate {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  double Uniform();  // 0 <= x < 1.
  double Normal();   // Mean 0, deviation 1.
  std::int64_t Poisson(double mean);
  std::int64_t Binomial(std::int64_t count, double share);

 private:
  std::uint64_t state_;
};

}  // namespace tuesday::cli::simulate
