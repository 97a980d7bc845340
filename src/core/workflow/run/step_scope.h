// SPDX-License-Identifier: Apache-2.0
// What expressions and commands of a step see. An internal header of this folder.
#pragma once

#include "core/workflow/output/step_order.h"
#include "core/workflow/run/action_plan.h"
#include "core/workflow/run/scope.h"

namespace tuesday::workflow {

// The environment of the job: that of the file, of the job, and what steps wrote.
Evaluated<Pairs> JobEnvironment(const LegPlace& place);

// What a job knows before its first step: also the contexts of its containers.
Evaluated<Contexts> EarlyContexts(const LegPlace& place);

// Contexts of a step in this frame, before its own `env`.
Evaluated<Contexts> FrameContexts(const LegPlace& place, int frame);

// The same with the step's `env`, which its other keys see. The hashes are those that the step has been answered.
Evaluated<Contexts> StepContexts(const LegPlace& place, int frame, const Step& step, const StepState& state);

// The order of a `run:` step, with what StepContexts gave for it.
Evaluated<StepOrder> RunOrder(const LegPlace& place, int frame, const Step& step, const StepState& state,
                              const Contexts& contexts);

// The order of one stage of an action. `script` is the stage's file.
Evaluated<StepOrder> ActionOrder(const LegPlace& place, int frame, const Step& step, const StepState& state,
                                 const ActionPlan& plan, const LoadedAction& loaded, const std::string& script,
                                 std::string_view stage);

// The inputs that an action gets: what `with` says over the action's own.
Evaluated<Pairs> ActionInputs(const ActionPlan& plan, const Step& step, const Contexts& contexts);

}  // namespace tuesday::workflow
