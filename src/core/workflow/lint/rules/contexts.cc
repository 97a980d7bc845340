// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/rules/contexts.h"

#include "core/workflow/lint/rules/metadata.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

TypePtr Text() { return Simple(TypeKind::kString); }

// The outputs of a job as another job sees them.
TypePtr OutputsOf(const JobNode& job, const LintOptions& options) {
  if (job.uses != nullptr) {
    const CallMetadata called = ReadCalled(job.uses->value, options);
    if (called.state != MetadataState::kKnown) return Open({});
    std::map<std::string, TypePtr> outputs;
    for (const std::string& name : called.outputs) outputs[LowerCase(name)] = Text();
    return Strict(std::move(outputs));
  }
  std::map<std::string, TypePtr> outputs;
  for (const Entry& output : job.outputs.entries) outputs[output.id] = Text();
  return Strict(std::move(outputs));
}

TypePtr StepOutputs(const StepNode& step, const LintOptions& options) {
  if (step.uses == nullptr || HasExpressions(step.uses->value)) return MapOf(Text());
  const ActionMetadata action = ReadAction(step.uses->value, options);
  if (action.state != MetadataState::kKnown || action.any_outputs) return MapOf(Text());
  std::map<std::string, TypePtr> outputs;
  for (const std::string& name : action.outputs) outputs[LowerCase(name)] = Text();
  return Strict(std::move(outputs));
}

}  // namespace

TypePtr InputType(std::string_view type) {
  if (type == "boolean") return Simple(TypeKind::kBool);
  if (type == "number") return Simple(TypeKind::kNumber);
  return Simple(TypeKind::kString);
}

TypePtr InputsOf(const WorkflowNode& workflow) {
  MatrixTypes inputs;
  for (const EventDefinition& event : workflow.events) {
    for (const DispatchInput& input : event.dispatch_inputs) inputs.Add(input.entry.id, InputType(input.type));
    for (const CallInput& input : event.call_inputs) {
      inputs.Add(input.entry.id, input.type.empty() ? Any() : InputType(input.type));
    }
  }
  return inputs.Done();
}

TypePtr SecretsOf(const WorkflowNode& workflow) {
  const EventDefinition* call = workflow.FindEvent("workflow_call");
  if (call == nullptr || !call->has_call_secrets) return MapOf(Text());
  std::map<std::string, TypePtr> secrets;
  for (const char* name : {"actions_runner_debug", "actions_step_debug", "github_token"}) secrets[name] = Text();
  for (const CallSecret& secret : call->call_secrets) secrets[secret.entry.id] = Text();
  return Strict(std::move(secrets));
}

TypePtr JobsOf(const WorkflowNode& workflow) {
  std::map<std::string, TypePtr> jobs;
  for (const JobNode& job : workflow.jobs) {
    jobs[job.entry.id] = Strict({{"outputs", job.uses != nullptr ? Open({}) : OutputsOf(job, {})}, {"result", Text()}});
  }
  return Strict(std::move(jobs));
}

TypePtr NeedsOf(const WorkflowNode& workflow, const JobNode& job, const LintOptions& options) {
  std::map<std::string, TypePtr> needs;
  for (const Node* need : job.needs) {
    const std::string id = LowerCase(need->value);
    const JobNode* needed = workflow.FindJob(id);
    if (needed == nullptr) continue;
    needs[id] = Strict({{"outputs", OutputsOf(*needed, options)}, {"result", Text()}});
  }
  return Strict(std::move(needs));
}

TypePtr WithStep(const TypePtr& steps, const StepNode& step, const LintOptions& options) {
  if (step.id == nullptr) return steps;
  if (HasExpressions(step.id->value)) return Open(steps->properties);
  std::map<std::string, TypePtr> all = steps->properties;
  all[LowerCase(step.id->value)] =
      Strict({{"outputs", StepOutputs(step, options)}, {"conclusion", Text()}, {"outcome", Text()}});
  return steps->rest != nullptr ? Open(std::move(all)) : Strict(std::move(all));
}

void MatrixTypes::Add(const std::string& name, const TypePtr& type) {
  const auto [place, added] = properties.try_emplace(name, type);
  if (!added) place->second = Merge(place->second, type);
}

}  // namespace tuesday::workflow::lint
