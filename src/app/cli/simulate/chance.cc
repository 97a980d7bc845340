// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/chance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tuesday::cli::simulate {
namespace {

// From here on a count is near enough to a normal one.
constexpr double kNormalFrom = 12;

std::int64_t Rounded(double value, double most) { return std::llround(std::clamp(value, 0.0, most)); }

}  // namespace

// SplitMix64.
double Chance::Uniform() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31;
  return static_cast<double>(mixed >> 11) * 0x1.0p-53;
}

double Chance::Normal() {
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

std::int64_t Chance::Poisson(double mean) {
  if (mean <= 0) return 0;
  if (mean >= kNormalFrom) return Rounded(mean + std::sqrt(mean) * Normal(), 1e15);
  std::int64_t count = 0;
  const double end = std::exp(-mean);
  for (double product = Uniform(); product > end; product *= Uniform()) ++count;
  return count;
}

std::int64_t Chance::Binomial(std::int64_t count, double share) {
  if (count <= 0 || share <= 0) return 0;
  if (share >= 1) return count;
  if (share > 0.5) return count - Binomial(count, 1 - share);
  const auto trials = static_cast<double>(count);
  const double mean = trials * share;
  if (mean >= kNormalFrom) return Rounded(mean + std::sqrt(mean * (1 - share)) * Normal(), trials);
  // By inversion: the probabilities of 0, 1, 2, ... one after the other.
  const double odds = share / (1 - share);
  double probability = std::exp(trials * std::log1p(-share));
  double left = Uniform();
  std::int64_t hits = 0;
  while (left >= probability && hits < count) {
    left -= probability;
    probability *= odds * static_cast<double>(count - hits) / static_cast<double>(hits + 1);
    ++hits;
  }
  return hits;
}

}  // namespace tuesday::cli::simulate
