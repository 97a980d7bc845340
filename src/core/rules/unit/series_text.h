// SPDX-License-Identifier: Apache-2.0
// The notation of input series in promtool's unit tests: `up{job="a"}` and `1+2x3 _ stale 7`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"

namespace tuesday::rules::unit {

inline constexpr std::int64_t kValuesMax = 1'000'000;

// `name{label="value", ...}`, `{...}`, or nothing at all for no labels.
Result<metrics::Labels> ParseMetric(std::string_view text);

// One value for each interval; empty where there is no sample (`_`). `a+bxN` gives N+1 values, `_xN` gives N gaps.
Result<std::vector<std::optional<double>>> ParseValues(std::string_view text);

}  // namespace tuesday::rules::unit
