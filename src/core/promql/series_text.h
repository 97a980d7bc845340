// SPDX-License-Identifier: Apache-2.0
// Series as rule tests write them: `metric{a="b"} 1 2 3`, with `_` for a missing sample, `stale` for the marker, and `1+2x3`
// for runs. Pure. Native histograms (`{{...}}`) are refused by name.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"

namespace tuesday::promql {

inline constexpr std::size_t kSeriesTextValuesMax = 1'000'000;

struct SeriesText {
  metrics::Labels labels;
  std::vector<std::optional<double>> values;  // Empty: no sample at this step.
};

// One line. Without values it gives only the labels.
Result<SeriesText> ParseSeriesText(std::string_view line);

// `metric{a="b"}` alone.
Result<metrics::Labels> ParseMetric(std::string_view text);

}  // namespace tuesday::promql
