// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/scripted_asker.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/analysis/ask/answer.h"
#include "core/analysis/ask/question.h"

namespace tuesday::cli::simulate {

Result<Json> ScriptedAsker::Next(const analysis::Metric& metric) {
  const auto found = answers_.find(metric.name);
  if (found == answers_.end() || found->second.empty())
    return Fail(ErrorCode::kNotFound, fmt::format("The scenario says no answer for the metric {}.", metric.name));
  const Json& value = found->second[std::min(given_[metric.name]++, found->second.size() - 1)];
  if (metric.address != analysis::kJobWord) return value;
  return analysis::ValueOfJob(static_cast<int>(value.IntOr(1)), 1, "as the scenario says");
}

void ScriptedAsker::Ask(const control::Asked& asked, Answer answer) {
  auto value = std::make_shared<Result<Json>>(Next(asked.metric));
  executor_.Run("ask", [] {}, [value, answer = std::move(answer)] { answer(std::move(*value)); });
}

}  // namespace tuesday::cli::simulate
