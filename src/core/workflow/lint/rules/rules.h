// SPDX-License-Identifier: Apache-2.0
// The rules that look at the model, one function each. An internal header of this folder.
#pragma once

#include <string_view>

#include "core/workflow/lint/lint.h"
#include "core/workflow/lint/model.h"
#include "core/workflow/lint/report.h"

namespace tuesday::workflow::lint {

void CheckIds(const WorkflowNode& workflow, Report& report);
void CheckNeeds(const WorkflowNode& workflow, Report& report);
void CheckEventRules(const WorkflowNode& workflow, Report& report);
void CheckPatterns(const WorkflowNode& workflow, Report& report);
void CheckPermissionNames(const WorkflowNode& workflow, Report& report);
void CheckMatrices(const WorkflowNode& workflow, Report& report);
void CheckRunnerLabels(const WorkflowNode& workflow, const LintOptions& options, Report& report);
void CheckShells(const WorkflowNode& workflow, Report& report);
void CheckCredentials(const WorkflowNode& workflow, Report& report);
void CheckCommands(const WorkflowNode& workflow, Report& report);
void CheckEnvNames(const WorkflowNode& workflow, Report& report);
void CheckActions(const WorkflowNode& workflow, const LintOptions& options, Report& report);
void CheckCalls(const WorkflowNode& workflow, const LintOptions& options, Report& report);
void CheckExpressions(const WorkflowNode& workflow, const LintOptions& options, Report& report);
// The expressions of an action's metadata; `steps` are those of a composite one.
void CheckActionExpressions(const Node& metadata, const std::vector<StepNode>& steps, Report& report);
void CheckDelivery(const WorkflowNode& workflow, const LintOptions& options, Report& report);

// What is wrong with a filter pattern: a sentence and the column of the pattern, from 1; none is empty.
enum class PatternOf { kRef, kPath };
struct PatternProblem {
  int column = 0;
  std::string message;
};
std::vector<PatternProblem> CheckPattern(std::string_view pattern, PatternOf of);

}  // namespace tuesday::workflow::lint
