// SPDX-License-Identifier: Apache-2.0
// Samples of one series, compressed: delta-of-delta timestamps and the smaller of two lossless value codings (XOR of the
// bits, or differences of decimals). The bytes are described in docs/formats/metrics.md. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/source.h"

namespace tuesday::metrics {

inline constexpr std::size_t kChunkSamplesMax = 4096;  // Refused by DecodeChunk above this.

// A sealed chunk. Immutable, shared between the store and its snapshots.
struct Chunk {
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint32_t count = 0;
  std::string bytes;
};

// Compresses 1 to kChunkSamplesMax samples in ascending time.
std::string EncodeChunk(std::span<const Sample> samples);

// The samples of bytes made by EncodeChunk, every value bit for bit. Any other bytes fail with kCorrupt.
Result<std::vector<Sample>> DecodeChunk(std::string_view bytes);

// The same behind the samples that are there already. After an error `samples` holds anything.
Result<void> DecodeChunkInto(std::string_view bytes, std::vector<Sample>& samples);

Chunk SealChunk(std::span<const Sample> samples);

}  // namespace tuesday::metrics
