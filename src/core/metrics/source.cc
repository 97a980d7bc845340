// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/source.h"

#include <bit>

namespace tuesday::metrics {

double StaleMarker() { return std::bit_cast<double>(kStaleBits); }

}  // namespace tuesday::metrics
