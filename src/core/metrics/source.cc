// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/source.h"

#include <bit>

namespace tuesday::metrics {

bool IsStale(double value) { return std::bit_cast<std::uint64_t>(value) == kStaleBits; }

double StaleMarker() { return std::bit_cast<double>(kStaleBits); }

}  // namespace tuesday::metrics
