// SPDX-License-Identifier: Apache-2.0
// The functions of one window of one series, such as rate. Pure; Prometheus 3.14, promql/functions.go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/metrics/source.h"

namespace tuesday::promql {

struct WindowContext {
  std::int64_t start_ms = 0;  // The window is (start, end].
  std::int64_t end_ms = 0;
  std::int64_t time_ms = 0;  // Of the step.
  double first = 0;          // Scalar arguments beside the window, in their order.
  double second = 0;
};

using Window = std::span<const metrics::Sample>;

// `window` is never empty. No value: the series has no element at this step.
using RangeFunction = std::optional<double> (*)(Window window, const WindowContext& context);

// Null if the function is not one of a window alone.
RangeFunction FindRangeFunction(std::string_view name);

}  // namespace tuesday::promql
