// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/workflow/run/action_plan.h"

namespace tuesday::workflow {

Evaluated<ActionPlan> PlanAction(const std::string& uses, const LoadedAction& loaded) {
  if (!loaded.problem.empty()) return std::unexpected(EvaluationProblem{loaded.problem});
  return std::unexpected(EvaluationProblem{fmt::format("the definition of {} cannot be read yet", uses)});
}

}  // namespace tuesday::workflow
