// SPDX-License-Identifier: Apache-2.0
// One measured value against the metric's conditions (Argo's utils/evaluate/evaluate.go).
#include <fmt/format.h>

#include <cmath>

#include "core/analysis/analysis.h"
#include "core/analysis/ask/question.h"
#include "core/condition/condition.h"

namespace tuesday::analysis {
namespace {

bool IsNaN(const Json& value) { return value.as_double() != nullptr && std::isnan(*value.as_double()); }

// Nothing was measured: null, an empty vector or text, or only NaN.
bool IsNothing(const Json& value) {
  if (value.is_null() || IsNaN(value) || (value.as_string() != nullptr && value.as_string()->empty())) return true;
  const Json::Array* array = value.as_array();
  if (array == nullptr) return false;
  for (const Json& item : *array) {
    if (!IsNothing(item)) return false;
  }
  return true;
}

// Whether the condition holds; none when the text is empty.
Result<std::optional<bool>> Ask(const std::string& text, const Json& value) {
  if (text.empty()) return std::optional<bool>();
  TRY(const condition::Condition parsed, condition::Condition::Parse(text));
  TRY(const bool holds, parsed.Holds(value));
  return std::optional(holds);
}

// A job has judged by itself.
Judgement JudgeJob(const Json& value) {
  const std::int64_t* exit_code = value.At("exit").as_int();
  if (exit_code == nullptr) return {Phase::kError, "The job's end is not known."};
  if (*exit_code == 0) return {Phase::kSuccessful, ""};
  return {Phase::kFailed, fmt::format("The job ended with exit {} after {} tries; its last line: {}", *exit_code,
                                      value.At("tries").IntOr(0), value.At("last_line").StringOr(""))};
}

}  // namespace

Judgement Judge(const Metric& metric, const Json& value) {
  if (metric.address == kJobWord) return JudgeJob(value);
  const bool nothing = IsNothing(value);
  const Result<std::optional<bool>> failure = Ask(metric.failure_condition, value);
  const Result<std::optional<bool>> success = Ask(metric.success_condition, value);
  // A condition that names emptiness may fail on it; none may pass on it: silence proves nothing.
  if (nothing && !IsNaN(value) && failure.has_value() && failure->value_or(false)) return {Phase::kFailed, ""};
  if (nothing) return {Phase::kNoEvidence, "The query gave no value."};
  if (!failure.has_value()) return {Phase::kError, ErrorText(failure.error())};
  if (!success.has_value()) return {Phase::kError, ErrorText(success.error())};
  if (failure->value_or(false)) return {Phase::kFailed, ""};
  if (success->has_value()) {
    if (**success) return {Phase::kSuccessful, ""};
    return {failure->has_value() ? Phase::kInconclusive : Phase::kFailed, ""};
  }
  return {Phase::kSuccessful, ""};  // A failure condition alone that does not hold, or no condition at all.
}

}  // namespace tuesday::analysis
