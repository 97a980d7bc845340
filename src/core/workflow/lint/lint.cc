// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/lint.h"

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/action/action.h"
#include "core/workflow/lint/metadata/metadata_check.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/reader/scanned.h"

namespace tuesday::workflow::lint {
namespace {

void CheckRules(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  CheckIds(workflow, report);
  CheckNeeds(workflow, report);
  CheckEventRules(workflow, report);
  CheckPatterns(workflow, report);
  CheckPermissionNames(workflow, report);
  CheckMatrices(workflow, report);
  CheckRunnerLabels(workflow, options, report);
  CheckShells(workflow, report);
  CheckCredentials(workflow, report);
  CheckCommands(workflow, report);
  CheckEnvNames(workflow, report);
  CheckActions(workflow, options, report);
  CheckCalls(workflow, options, report);
  CheckExpressions(workflow, options, report);
  CheckDelivery(workflow, options, report);
}

// Steps of a composite action are looked at as those of a job. What they name is not below the action's folder.
void CheckActionRules(const Node& metadata, Report& report) {
  const Node* runs = metadata.Find("runs");
  const Node* kind = runs == nullptr ? nullptr : runs->Find("using");
  const Node* steps = kind == nullptr || !expression::SameText(kind->value, "composite") ? nullptr : runs->Find("steps");
  WorkflowNode workflow;
  workflow.jobs.emplace_back();
  Values values(report);
  if (steps != nullptr) workflow.jobs[0].steps = CheckSteps(*steps, values);
  CheckActions(workflow, {}, report);
  CheckShells(workflow, report);
  CheckCommands(workflow, report);
  CheckEnvNames(workflow, report);
  CheckActionExpressions(metadata, workflow.jobs[0].steps, report);
}

// What the rules overlooked and GitHub would refuse all the same.
void AddRefusals(const std::vector<WorkflowProblem>& problems, std::string_view file, std::vector<Finding>& findings) {
  for (const WorkflowProblem& problem : problems) {
    findings.push_back(
        {{std::string(file), problem.at.line, problem.at.column}, Severity::kError, "refused", problem.message, ""});
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.at < b.at; });
}

}  // namespace

std::vector<Finding> LintWorkflow(std::string_view text, std::string_view file, const LintOptions& options) {
  Report report{std::string(file)};
  const Tree tree(text);
  for (const TreeProblem& problem : tree.problems())
    report.AddAt(problem.line, problem.column, "syntax-check", problem.message);
  if (!tree.IsWhole()) return report.Take();
  if (tree.root() == nullptr) {
    report.AddAt(1, 1, "syntax-check", "The workflow is empty.");
    return report.Take();
  }
  CheckRules(CheckSyntax(*tree.root(), report), options, report);
  std::vector<Finding> findings = report.Take();
  if (!HasErrors(findings)) AddRefusals(ReadScannedWorkflow(text, tree.events(), file).problems, file, findings);
  return findings;
}

std::vector<Finding> LintAction(std::string_view text, std::string_view file, std::string_view folder,
                                const LintOptions& options) {
  Report report{std::string(file)};
  const Tree tree(text);
  for (const TreeProblem& problem : tree.problems())
    report.AddAt(problem.line, problem.column, "syntax-check", problem.message);
  if (!tree.IsWhole()) return report.Take();
  if (tree.root() == nullptr || !tree.root()->IsMapping()) {
    report.AddAt(1, 1, "syntax-check", "The action is empty, or no mapping.");
    return report.Take();
  }
  for (const MetadataProblem& problem : CheckMetadata(*tree.root(), folder, options.files)) {
    std::string message = problem.message + ".";
    message.front() =
        message.front() >= 'a' && message.front() <= 'z' ? static_cast<char>(message.front() - 'a' + 'A') : message.front();
    report.Add(*problem.at, "action", std::move(message), problem.severity);
  }
  CheckActionRules(*tree.root(), report);
  std::vector<Finding> findings = report.Take();
  if (!HasErrors(findings)) AddRefusals(ReadActionFile(text, file).problems, file, findings);
  return findings;
}

}  // namespace tuesday::workflow::lint
