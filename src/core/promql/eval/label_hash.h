// SPDX-License-Identifier: Apache-2.0
// Chooses a stable part of all label sets, for limit_ratio. Pure.
#pragma once

#include "core/metrics/labels.h"

namespace tuesday::promql {

// Whether a label set belongs to the share `ratio` in [0, 1], or for a negative one to the rest beside the share 1 + ratio.
// Which label sets a share holds is ours to choose; that both parts are disjoint and complete is not.
bool InRatio(const metrics::Labels& labels, double ratio);

}  // namespace tuesday::promql
