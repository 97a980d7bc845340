// SPDX-License-Identifier: Apache-2.0
// Rule `workflow-call`: calls of reusable workflows.
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/lint/rules/metadata.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/lint/types/type.h"

namespace tuesday::workflow::lint {
namespace {

// "./path", "$/path", or "owner/repo/path@ref".
bool HasForm(std::string_view uses) {
  if (uses.starts_with("./") || uses.starts_with("$/")) return uses.find('@') == std::string_view::npos && uses.size() > 2;
  const std::size_t sign = uses.find('@');
  if (sign == std::string_view::npos || sign + 1 == uses.size() || uses.starts_with('.') || uses.starts_with('/')) return false;
  const std::string_view path = uses.substr(0, sign);
  const std::size_t owner = path.find('/');
  const std::size_t repository = owner == std::string_view::npos ? owner : path.find('/', owner + 1);
  return repository != std::string_view::npos && repository > owner + 1 && repository + 1 < path.size();
}

void CheckPassed(const Entries& passed, const std::vector<InputMetadata>& defined, std::string_view what, const Node& uses,
                 Report& report) {
  for (const InputMetadata& each : defined) {
    if (!each.required || FindEntry(passed, LowerCase(each.name)) != nullptr) continue;
    report.Add(uses, "workflow-call", fmt::format("The workflow \"{}\" needs the {} \"{}\".", uses.value, what, each.name));
  }
  for (const Entry& entry : passed) {
    const auto same = [&](const InputMetadata& each) { return LowerCase(each.name) == entry.id; };
    if (std::ranges::any_of(defined, same)) continue;
    std::vector<std::string> names;
    for (const InputMetadata& each : defined) names.push_back(each.name);
    report.Add(*entry.key, "workflow-call",
               fmt::format("The workflow \"{}\" defines no {} \"{}\"{}", uses.value, what, entry.key->value,
                           names.empty() ? "." : fmt::format("; it defines {}.", Quoted(names))));
  }
}

}  // namespace

void CheckCalls(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    if (job.uses == nullptr || HasExpressions(job.uses->value)) continue;
    const Node& uses = *job.uses;
    if (!HasForm(uses.value)) {
      report.Add(uses, "workflow-call",
                 fmt::format("\"{}\" names no reusable workflow: write \"owner/repo/path@ref\", \"./path\" or "
                             "\"$/path\".",
                             uses.value));
      continue;
    }
    const CallMetadata called = ReadCalled(uses.value, options);
    if (called.state == MetadataState::kMissing) {
      report.Add(uses, "workflow-call", fmt::format("There is no file \"{}\" in this repository.", uses.value));
    } else if (called.state == MetadataState::kBroken) {
      report.Add(uses, "workflow-call", fmt::format("The workflow \"{}\" cannot be called: {}.", uses.value, called.problem));
    }
    if (called.state != MetadataState::kKnown) continue;
    CheckPassed(job.with.entries, called.inputs, "input", uses, report);
    if (!job.inherits_secrets) CheckPassed(job.secrets, called.secrets, "secret", uses, report);
  }
}

}  // namespace tuesday::workflow::lint
