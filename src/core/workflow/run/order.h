// SPDX-License-Identifier: Apache-2.0
// What a step's command is made of: arguments, script, environment. Made anew each time it is asked for, because it holds
// secrets and is stored nowhere.
#pragma once

#include <map>
#include <string>

#include "core/workflow/output/step_order.h"
#include "core/workflow/run/evaluate.h"
#include "core/workflow/run/run.h"

namespace tuesday::workflow {

// What the runner itself adds to a step's variables; it wins over the step's own.
struct RunnerVariables {
  std::map<std::string, std::string> of_actions;  // Never of `run:` steps.
  std::map<std::string, std::string> of_steps;    // Of both.
};

// Of the command with this ordinal in a leg. The state must be the one whose Outstanding() names it.
Evaluated<StepOrder> OrderOf(const RunSpec& spec, const RunState& state, const std::string& leg, int ordinal,
                             const RunnerVariables& variables = {});

}  // namespace tuesday::workflow
