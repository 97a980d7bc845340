// SPDX-License-Identifier: Apache-2.0
// Where a rule cannot see. A quantile is clamped to the last bucket's bound, so two latencies beyond it look equal, and one
// below the clock's resolution is a guess: an inactive alert proves nothing there.
#pragma once

#include <string>

#include "core/metrics/source.h"
#include "core/rules/alert.h"

namespace tuesday::rules {

// HAProxy's timers count whole milliseconds.
inline constexpr double kClockResolutionSeconds = 0.001;

struct Blindness {
  bool hides = false;  // A failure could look like this: no pass.
  std::string reason;  // Empty: it sees.
};

Blindness BlindnessOf(const Rule& rule, const RuleResult& result, const metrics::Source& source);

}  // namespace tuesday::rules
