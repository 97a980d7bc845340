// SPDX-License-Identifier: Apache-2.0
// The functions of one window of one series, such as rate. Pure; Prometheus 3.14, promql/functions.go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/metrics/source.h"

namespace tuesday::promql {

struct WindowContext {
  std::int64_t start_ms = 0;  // The window is (start, end].
  std::int64_t end_ms = 0;
  std::int64_t time_ms = 0;  // Of the step.
  double first = 0;          // Scalar arguments beside the window, in their order.
  double second = 0;
  // The values before each decrease inside the window, when the caller knows them already: wide windows overlap.
  std::optional<std::span<const double>> drops;
};

using Window = std::span<const metrics::Sample>;

// `window` is never empty. No value: the series has no element at this step.
using RangeFunction = std::optional<double> (*)(Window window, const WindowContext& context);

// Every decrease in a series: the index of the smaller sample, and the value before it.
struct Drops {
  std::vector<std::size_t> at;
  std::vector<double> before;
};
Drops FindDrops(Window samples);

// Whether the function looks at WindowContext::drops.
bool UsesDrops(std::string_view name);

// Null if the function is not one of a window alone.
RangeFunction FindRangeFunction(std::string_view name);

}  // namespace tuesday::promql
