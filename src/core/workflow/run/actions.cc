// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <variant>

#include "core/workflow/action/action.h"
#include "core/workflow/action/uses.h"
#include "core/workflow/run/action_plan.h"

namespace tuesday::workflow {
namespace {

void PlanNode(const NodeRuns& runs, ActionPlan& plan) {
  plan.main = runs.main;
  plan.pre = runs.pre;
  plan.post = runs.post;
  plan.pre_if = runs.pre_if;
  plan.post_if = runs.post_if;
}

void PlanDocker(DockerRuns runs, ActionPlan& plan) {
  plan.kind = ActionKind::kDocker;
  plan.image = std::move(runs.image);
  plan.main = std::move(runs.entrypoint);
  plan.pre = std::move(runs.pre_entrypoint);
  plan.post = std::move(runs.post_entrypoint);
  plan.pre_if = std::move(runs.pre_if);
  plan.post_if = std::move(runs.post_if);
  plan.args = std::move(runs.args);
  plan.env = std::move(runs.env);
}

}  // namespace

Evaluated<ActionPlan> PlanAction(const std::string& uses, const LoadedAction& loaded) {
  if (!loaded.problem.empty()) return std::unexpected(EvaluationProblem{loaded.problem});
  if (uses.starts_with("docker://")) {
    ActionPlan image;
    PlanDocker({.image = uses}, image);
    return image;
  }
  ReadActionResult read = ReadActionFile(loaded.definition, uses);
  if (!read.problems.empty()) return std::unexpected(EvaluationProblem{read.problems.front().text});
  ActionPlan plan;
  for (ActionInput& input : read.action.inputs) plan.inputs.emplace_back(input.name, std::move(input.preset));
  for (ActionOutput& output : read.action.outputs) {
    if (output.value.has_value()) plan.outputs.emplace_back(output.name, std::move(*output.value));
  }
  if (auto* node = std::get_if<NodeRuns>(&read.action.runs); node != nullptr) {
    plan.kind = loaded.native.empty() ? ActionKind::kNode : ActionKind::kNative;
    PlanNode(*node, plan);
  } else if (auto* composite = std::get_if<CompositeRuns>(&read.action.runs); composite != nullptr) {
    plan.kind = ActionKind::kComposite;
    plan.steps = std::move(composite->steps);
    for (Step& step : plan.steps) {
      if (step.uses.has_value()) step.uses->text = UsesWithin(uses, step.uses->text);
    }
  } else {
    PlanDocker(std::move(std::get<DockerRuns>(read.action.runs)), plan);
  }
  return plan;
}

}  // namespace tuesday::workflow
