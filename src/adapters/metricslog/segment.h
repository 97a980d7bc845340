// SPDX-License-Identifier: Apache-2.0
// The bytes of one segment of the metrics log: a header, then batches with length and checksum. Pure.
// docs/formats/metrics-log.md describes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tuesday::metricslog {

inline constexpr std::string_view kSegmentMagic = "tuesday-metrics 1\n";
inline constexpr std::size_t kBatchHeaderBytes = 8;      // Length and checksum, each 32 bits, little-endian.
inline constexpr std::size_t kBatchBytesMax = 16 << 20;  // A longer length is damage.

// CRC-32C (Castagnoli) as in RFC 3720, B.4, continued from `before`.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

// The batch as it is appended to a segment.
std::string FrameBatch(std::string_view batch);

enum class SegmentEnd {
  kWhole,    // Every byte belongs to a whole batch.
  kTorn,     // The last batch is cut off: a crash while it was written.
  kDamaged,  // Bytes are not what was written; what follows cannot be told apart.
};

struct SegmentRead {
  SegmentEnd end = SegmentEnd::kWhole;
  std::uint64_t batches = 0;
  std::uint64_t whole_bytes = 0;  // Up to the end of the last whole batch.
};

// Gives each whole batch to `take`, in order.
SegmentRead ReadSegment(std::string_view bytes, const std::function<void(std::string_view batch)>& take);

}  // namespace tuesday::metricslog
