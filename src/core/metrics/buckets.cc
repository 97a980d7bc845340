// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/buckets.h"

#include <algorithm>
#include <cmath>

#include "core/metrics/text.h"

namespace tuesday::metrics {

namespace {

// Rounded through text: 6 significant digits, and exactly the number that the text reads back as.
std::array<double, kBucketCount> MakeBounds() {
  std::array<double, kBucketCount> bounds{};
  for (int i = 0; i < kBucketCount; ++i) {
    const double exact = 0.001 * std::pow(1.25, i / 2.0);
    const int decimals = 5 - static_cast<int>(std::floor(std::log10(exact)));
    const double scale = std::pow(10.0, decimals);
    bounds.at(static_cast<std::size_t>(i)) = std::round(exact * scale) / scale;
  }
  return bounds;
}

std::array<std::string, kBucketCount> MakeTexts() {
  std::array<std::string, kBucketCount> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) texts.at(i) = FixedText(BucketBounds().at(i));
  return texts;
}

}  // namespace

const std::array<double, kBucketCount>& BucketBounds() {
  static const std::array<double, kBucketCount> kBounds = MakeBounds();
  return kBounds;
}

const std::array<std::string, kBucketCount>& BucketTexts() {
  static const std::array<std::string, kBucketCount> kTexts = MakeTexts();
  return kTexts;
}

int BucketOf(double seconds) {
  if (std::isnan(seconds)) return kBucketCount;
  const auto& bounds = BucketBounds();
  return static_cast<int>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
}

}  // namespace tuesday::metrics
