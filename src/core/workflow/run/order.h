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

// Of the command with this ordinal in a leg. The state must be the one whose Outstanding() names it. `action_environment` are
// variables that only actions see, never `run:` steps; they win over the step's own.
Evaluated<StepOrder> OrderOf(const RunSpec& spec, const RunState& state, const std::string& leg, int ordinal,
                             const std::map<std::string, std::string>& action_environment = {});

}  // namespace tuesday::workflow
