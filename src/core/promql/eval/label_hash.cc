// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/label_hash.h"

#include <cstdint>

namespace tuesday::promql {

bool InRatio(const metrics::Labels& labels, double ratio) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, 64 bits.
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xFF) * 1099511628211ULL;
  };
  for (const auto& [name, value] : labels) {
    add(name);
    add(value);
  }
  // FNV's high bits mix slowly; one more round spreads short label sets over the whole range.
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  const double place = static_cast<double>(hash >> 11) / static_cast<double>(1ULL << 53);
  return ratio >= 0 ? place < ratio : place >= 1 + ratio;
}

}  // namespace tuesday::promql
