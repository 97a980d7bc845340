// SPDX-License-Identifier: Apache-2.0
// Rule `action`: the form of `uses`, and what is passed to actions whose inputs are known.
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/lint/rules/metadata.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/lint/types/type.h"

namespace tuesday::workflow::lint {
namespace {

void CheckImage(const Node& uses, Report& report) {
  const std::string_view image = std::string_view(uses.value).substr(std::string_view("docker://").size());
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string_view::npos && image.find('/', colon) == std::string_view::npos;
  if (image.empty()) {
    report.Add(uses, "action", "The action names no image.");
  } else if (!tagged || colon + 1 == image.size()) {
    if (image.find('@') != std::string_view::npos) return;
    report.Add(uses, "action", fmt::format("The image \"{}\" has no tag.", uses.value));
  }
}

// Whether it is `owner/repo[/path]@ref`; tells what is missing.
bool CheckForm(const Node& uses, Report& report) {
  const std::string_view text = uses.value;
  const std::size_t sign = text.find('@');
  const std::string_view path = text.substr(0, sign);
  std::string_view missing;
  if (sign == std::string_view::npos || sign + 1 == text.size()) {
    missing = "ref";
  } else if (path.find('/') == std::string_view::npos || path.starts_with('/')) {
    missing = "owner";
  } else if (path.find('/') + 1 == path.size()) {
    missing = "repository";
  }
  if (missing.empty()) return true;
  report.Add(uses, "action",
             fmt::format("\"{}\" has no {}: an action is named \"owner/repo@ref\", \"owner/repo/path@ref\", \"./path\", "
                         "\"$/path\" or \"docker://image:tag\".",
                         text, missing));
  return false;
}

void CheckInputs(const StepNode& step, const ActionMetadata& action, Report& report) {
  const std::string name = action.name.empty() ? step.uses->value : action.name;
  for (const InputMetadata& input : action.inputs) {
    if (!input.required || FindEntry(step.with.entries, LowerCase(input.name)) != nullptr || step.with.expression != nullptr)
      continue;
    report.Add(*step.uses, "action", fmt::format("The action \"{}\" needs the input \"{}\".", name, input.name));
  }
  for (const Entry& entry : step.with.entries) {
    const auto same = [&](const InputMetadata& input) { return LowerCase(input.name) == entry.id; };
    const auto input = std::ranges::find_if(action.inputs, same);
    if (input == action.inputs.end()) {
      std::vector<std::string_view> names;
      for (const InputMetadata& each : action.inputs) names.push_back(each.name);
      const std::string nearest = NearestWord(entry.key->value, names);
      report.Add(*entry.key, "action",
                 fmt::format("The action \"{}\" has no input \"{}\".{}", name, entry.key->value,
                             nearest.empty() ? "" : fmt::format(" Did you mean \"{}\"?", nearest)));
    } else if (!input->deprecation.empty()) {
      report.Add(
          *entry.key, "action",
          fmt::format("The input \"{}\" of the action \"{}\" is deprecated: {}.", entry.key->value, name, input->deprecation));
    }
  }
}

void CheckStep(const StepNode& step, const LintOptions& options, Report& report) {
  const Node& uses = *step.uses;
  if (HasExpressions(uses.value) || uses.value.starts_with("$/")) return;
  if (uses.value.starts_with("docker://")) return CheckImage(uses, report);
  if (!uses.value.starts_with("./") && !CheckForm(uses, report)) return;
  const ActionMetadata action = ReadAction(uses.value, options);
  if (action.outdated) {
    report.Add(uses, "action", fmt::format("\"{}\" is of a version that no runner can run any longer.", uses.value));
    return;
  }
  if (action.state == MetadataState::kBroken) {
    report.Add(uses, "action", fmt::format("The action \"{}\" cannot be read: {}.", uses.value, action.problem));
  }
  for (const MetadataDefect& defect : action.defects)
    report.Add(uses, defect.rule, fmt::format("Of the action \"{}\": {}.", uses.value, defect.message), defect.severity);
  if (action.state == MetadataState::kKnown && !action.any_inputs) CheckInputs(step, action, report);
}

}  // namespace

void CheckActions(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    for (const StepNode& step : job.steps) {
      if (step.uses != nullptr) CheckStep(step, options, report);
    }
  }
}

}  // namespace tuesday::workflow::lint
