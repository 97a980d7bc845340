// SPDX-License-Identifier: Apache-2.0
// The functions of one value, such as abs and hour. Pure; Prometheus 3.14, promql/functions.go.
#pragma once

#include <string_view>

namespace tuesday::promql {

using ValueFunction = double (*)(double value);

// Null if the function is not one of a single value.
ValueFunction FindValueFunction(std::string_view name);

// The functions of a date take a Unix time in seconds, UTC; no argument means the time of the step.
bool IsDateFunction(std::string_view name);

// Rounds halves up to a multiple of `to_nearest`.
double RoundTo(double value, double to_nearest);

}  // namespace tuesday::promql
