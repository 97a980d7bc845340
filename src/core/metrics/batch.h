// SPDX-License-Identifier: Apache-2.0
// Samples of many series as bytes for the disk: versioned, checksummed, each string once. See docs/formats/metrics.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/source.h"

namespace tuesday::metrics {

inline constexpr std::size_t kBatchBytesMax = 64 << 20;
inline constexpr std::size_t kBatchSamplesMax = 67'108'864;  // Refused above: few bytes can claim many samples.

struct SampleBatch {
  std::vector<Series> series;  // Samples in ascending time; series without samples are not written.
};

// Self-contained bytes; appending several batches to one file needs a length before each, which is the writer's.
std::string EncodeBatch(const SampleBatch& batch);

// kCorrupt for bytes that EncodeBatch did not make, kUnsupported for a later version. Never crashes, whatever the bytes.
Result<SampleBatch> DecodeBatch(std::string_view bytes);

}  // namespace tuesday::metrics
