// SPDX-License-Identifier: Apache-2.0
// Values of PromQL in the shape of Prometheus' HTTP API.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "core/promql/engine.h"

namespace tuesday::server {

// {"status": "success", "data": {"resultType": ..., "result": [...]}}. Each series also has its labels as `text`.
Json PrometheusAnswer(const promql::Value& value, std::int64_t time_ms);

// Shortest digits; fixed notation from 1e-6 to 1e21; NaN, +Inf, -Inf.
std::string SampleText(double value);

}  // namespace tuesday::server
