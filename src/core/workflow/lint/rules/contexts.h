// SPDX-License-Identifier: Apache-2.0
// The contexts that depend on the workflow: inputs, secrets, jobs, needs, steps, matrix. An internal header of this folder.
#pragma once

#include <string>

#include "core/workflow/lint/lint.h"
#include "core/workflow/lint/model.h"
#include "core/workflow/lint/types/check.h"

namespace tuesday::workflow::lint {

// The type of an input by its name in the file; a text for "choice" and "environment", and when it is not given.
TypePtr InputType(std::string_view type);

TypePtr InputsOf(const WorkflowNode& workflow);
TypePtr SecretsOf(const WorkflowNode& workflow);
TypePtr JobsOf(const WorkflowNode& workflow);
TypePtr NeedsOf(const WorkflowNode& workflow, const JobNode& job, const LintOptions& options);

// `steps` with one more step, when that has an id.
TypePtr WithStep(const TypePtr& steps, const StepNode& step, const LintOptions& options);

// The properties of `matrix` while they are gathered.
struct MatrixTypes {
  std::map<std::string, TypePtr> properties;
  bool open = false;

  void Add(const std::string& name, const TypePtr& type);
  TypePtr Done() const { return open ? Open(properties) : Strict(properties); }
};

}  // namespace tuesday::workflow::lint
