// SPDX-License-Identifier: Apache-2.0
// From an alert to a verdict. An alert expression is a filter: a healthy canary gives an empty vector, and so does a missing
// metric. Only the witness of the evaluation tells the two apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/gate/verdict.h"
#include "core/rules/alert.h"
#include "core/rules/standing.h"

namespace tuesday::rules {

// The attempt's time. `began_ms` is the instant from which the canary's samples can exist: its first readiness.
struct AttemptTime {
  std::int64_t began_ms = 0;
  std::int64_t sample_interval_ms = 5'000;  // Tolerance of the window's two ends.
};

// The verdict of one alert after an evaluation of its group:
// - fail, when it fires;
// - pass, when it is inactive, both sides of its outermost comparison exist and are not NaN (of `or`: any branch, of `and`:
//   all), each element of one side has a partner on the other, and the samples cover the range windows or the time since
//   the attempt began;
// - else no evidence, which names what was missing. A pending alert is not a pass.
// `source` is what the group was evaluated over; it is asked for the counts in the reason ("61 of 1,196").
gate::Finding JudgeRule(const Group& group, std::size_t rule, const Evaluation& evaluation, const metrics::Source& source,
                        const AttemptTime& attempt);

// "5.1 %", "312 ms", "3": a number as the quantity that its expression gives.
enum class Quantity { kPlain, kRatio, kSeconds };
Quantity QuantityOf(const promql::Expr& expr);
std::string QuantityText(double value, Quantity quantity);

// "1,196".
std::string CountText(double count);

}  // namespace tuesday::rules
