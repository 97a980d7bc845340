// SPDX-License-Identifier: Apache-2.0
// The containers of a leg: what `container:` and `services:` say, where things are within, and what expressions see of them. An
// internal header of this folder, but for what ServiceNames and PathsOf tell to who opens the place.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/container/order.h"
#include "core/workflow/output/step_order.h"
#include "core/workflow/run/action_plan.h"
#include "core/workflow/run/evaluate.h"
#include "core/workflow/run/scope.h"

namespace tuesday::workflow {

inline constexpr std::string_view kContainerNode = "/__e/node20/bin/node";

// Evaluated with everything that the job knows before its first step. `job` is nothing when its image is empty, and services
// whose image is empty are left out. The problem is a sentence that ends the job.
struct LegContainers {
  std::optional<ContainerPlan> job;
  std::vector<ContainerPlan> services;
};
Evaluated<LegContainers> ContainersOf(const LegPlace& place, const Contexts& contexts);

// Whether the leg's steps run in a container of the job, and whether it has containers at all. Known once it has begun.
bool InContainer(const LegState& leg);
bool HasContainers(const LegState& leg);

// The order of the stage that begins or ends the leg's containers.
Evaluated<StepOrder> ContainersOrder(const LegPlace& place, const StageState& stage, ContainerTask task);

// Turns the order of an action that runs in a container of its own into that container: image, entrypoint, arguments, and the
// environment with the paths as it sees them. `entrypoint` is that of the stage.
Evaluated<bool> ToActionContainer(const LegPlace& place, const ActionPlan& plan, const LoadedAction& loaded,
                                  const Pairs& inputs, const std::string& entrypoint, Contexts contexts, StepOrder& order);

// Where things are as the leg's steps see them.
RunnerPaths PathsOf(const RunSpec& spec, const LegState& leg);

// The `job` context: status, and the containers as they were begun.
expression::Value JobValue(const LegState& leg);

}  // namespace tuesday::workflow
