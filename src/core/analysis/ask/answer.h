// SPDX-License-Identifier: Apache-2.0
// From what was answered to the value that conditions judge (Argo's metricproviders, 1.9).
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::analysis {

// The answer of Prometheus' HTTP API to an instant query: a scalar is a number, a vector or matrix an array of numbers.
// kInvalid holds Prometheus' own words where it refused.
Result<Json> ValueOfPrometheus(int status, std::string_view body);

// The answer of a web address: JSON, or the text as it is; of it what `json_path` finds first ("" or "{$}": all of it).
Result<Json> ValueOfWeb(int status, std::string_view body, std::string_view json_path);

// How a job ended, as a value: {"exit": 0, ...}. `Judge` takes exit 0 alone for a success.
Json ValueOfJob(int exit_code, int tries, std::string_view last_line);

inline constexpr int kAnswerDepthMax = 64;

}  // namespace tuesday::analysis
