// SPDX-License-Identifier: Apache-2.0
// Rules `runner-label` and `shell-name`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/trigger/pattern.h"

namespace tuesday::workflow::lint {
namespace {

enum class System { kUnknown, kLinux, kMac, kWindows };

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// GitHub's own runners as of 2026-04, by the beginnings and ends of their names.
bool IsHosted(const std::string& label) {
  static constexpr std::string_view kLabels[] = {"ubuntu-latest",
                                                 "ubuntu-24.04",
                                                 "ubuntu-22.04",
                                                 "ubuntu-24.04-arm",
                                                 "ubuntu-22.04-arm",
                                                 "ubuntu-slim",
                                                 "ubuntu-latest-4-cores",
                                                 "ubuntu-latest-8-cores",
                                                 "ubuntu-latest-16-cores",
                                                 "windows-latest",
                                                 "windows-latest-8-cores",
                                                 "windows-2025",
                                                 "windows-2025-vs2026",
                                                 "windows-2022",
                                                 "windows-11-arm",
                                                 "macos-latest",
                                                 "macos-latest-xlarge",
                                                 "macos-latest-large",
                                                 "macos-26",
                                                 "macos-26-xlarge",
                                                 "macos-26-large",
                                                 "macos-26-intel",
                                                 "macos-15",
                                                 "macos-15-xlarge",
                                                 "macos-15-large",
                                                 "macos-15-intel",
                                                 "macos-14",
                                                 "macos-14-xlarge",
                                                 "macos-14-large"};
  return std::find(std::begin(kLabels), std::end(kLabels), label) != std::end(kLabels);
}

// What every runner of one's own has.
bool IsSelfHosted(const std::string& label) {
  static constexpr std::string_view kLabels[] = {"self-hosted", "x64", "arm", "arm64", "linux", "macos", "windows"};
  return std::find(std::begin(kLabels), std::end(kLabels), label) != std::end(kLabels);
}

System SystemOf(const std::string& label) {
  if (label.starts_with("ubuntu") || label == "linux") return System::kLinux;
  if (label.starts_with("macos")) return System::kMac;
  if (label.starts_with("windows")) return System::kWindows;
  return System::kUnknown;
}

// A machine has one version of one system: labels of two cannot both fit.
bool Conflict(const std::string& left, const std::string& right) {
  if (left == right) return false;
  if (IsHosted(left) && IsHosted(right))
    return !(left.starts_with(right.substr(0, right.find('-'))) && (left.ends_with("latest") || right.ends_with("latest")));
  return SystemOf(left) != SystemOf(right) && SystemOf(left) != System::kUnknown && SystemOf(right) != System::kUnknown;
}

class LabelChecker {
 public:
  LabelChecker(const LintOptions& options, Report& report) : options_(options), report_(report) {}

  void Check(const JobNode& job) {
    fixed_.clear();
    for (const Node* label : job.labels) {
      const std::vector<const Node*> from_matrix = MatrixLabels(*label, job);
      if (from_matrix.empty() && !HasExpressions(label->value)) CheckOne(*label, Keep::kYes);
      // Values of the matrix are alternatives: each is held against the fixed labels, not against each other.
      for (const Node* value : from_matrix) CheckOne(*value, Keep::kNo);
    }
    if (job.runs_on == nullptr) return;
    for (const Node* value : MatrixLabels(*job.runs_on, job)) CheckOne(*value, Keep::kNo);
  }

 private:
  enum class Keep { kYes, kNo };

  // The values of `${{ matrix.x }}`, when the label is that and the matrix is known.
  static std::vector<const Node*> MatrixLabels(const Node& label, const JobNode& job) {
    std::vector<const Node*> labels;
    if (!IsOneExpression(label.value) || !job.matrix.has_value()) return labels;
    const std::size_t open = label.value.find("${{") + 3;
    std::string path = label.value.substr(open, label.value.rfind("}}") - open);
    path.erase(std::remove_if(path.begin(), path.end(), [](char c) { return c == ' ' || c == '\n' || c == '\t'; }), path.end());
    path = Lower(path);
    if (!path.starts_with("matrix.")) return labels;
    const std::string id = path.substr(7);
    const auto add = [&](const Node* value) {
      if (value->IsScalar() && !HasExpressions(value->value)) labels.push_back(value);
      for (const Node* item : value->items) {
        if (item->IsScalar() && !HasExpressions(item->value)) labels.push_back(item);
      }
    };
    for (const auto& [entry, values] : job.matrix->rows) {
      if (entry.id == id) std::ranges::for_each(values, add);
    }
    if (job.matrix->include == nullptr) return labels;
    for (const Node* item : job.matrix->include->items) {
      for (const auto& [key, value] : item->members) {
        if (Lower(key->value) == id) add(value);
      }
    }
    return labels;
  }

  void CheckOne(const Node& label, Keep keep) {
    const std::string name = Lower(label.value);
    const bool known = IsHosted(name) || IsSelfHosted(name) || IsOwn(name);
    if (!known) {
      report_.Add(
          label, "runner-label",
          fmt::format("No runner is known by the label \"{}\". For runners of your own list their labels in the configuration.",
                      label.value));
      return;
    }
    for (const Node* other : fixed_) {
      if (!Conflict(name, Lower(other->value))) continue;
      report_.Add(label, "runner-label",
                  fmt::format("No runner has both labels \"{}\" and \"{}\" (line {}, column {}). To run on each, use a matrix.",
                              label.value, other->value, other->line, other->column));
      return;
    }
    if (keep == Keep::kYes) fixed_.push_back(&label);
  }

  bool IsOwn(const std::string& name) const {
    return std::ranges::any_of(options_.runner_labels,
                               [&](const std::string& each) { return MatchesPattern(Lower(each), name); });
  }

  const LintOptions& options_;
  Report& report_;
  std::vector<const Node*> fixed_;
};

// The system of all runners that the job can have, or unknown.
System SystemOf(const JobNode& job) {
  System system = System::kUnknown;
  for (const Node* label : job.labels) {
    const System one = SystemOf(Lower(label->value));
    if (one != System::kUnknown) system = one;
  }
  return system;
}

void CheckShell(const Node* shell, System system, Report& report) {
  if (shell == nullptr || HasExpressions(shell->value)) return;
  const std::string name = Lower(shell->value);
  // A command line with the script's place in it.
  if (name.find(' ') != std::string::npos || name.find("{0}") != std::string::npos) return;
  std::vector<std::string> known = {"bash", "pwsh", "python", "sh", "cmd", "powershell"};
  if (system == System::kWindows) known = {"bash", "cmd", "powershell", "pwsh", "python"};
  if (system == System::kLinux || system == System::kMac) known = {"bash", "pwsh", "python", "sh"};
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  report.Add(*shell, "shell-name",
             fmt::format("There is no shell \"{}\"{}; there are {}.", shell->value,
                         system == System::kUnknown ? "" : " on this runner", Quoted(known)));
}

}  // namespace

void CheckRunnerLabels(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  LabelChecker checker(options, report);
  for (const JobNode& job : workflow.jobs) checker.Check(job);
}

void CheckShells(const WorkflowNode& workflow, Report& report) {
  CheckShell(workflow.defaults.shell, System::kUnknown, report);
  for (const JobNode& job : workflow.jobs) {
    const System system = SystemOf(job);
    CheckShell(job.defaults.shell, system, report);
    for (const StepNode& step : job.steps) CheckShell(step.shell, system, report);
  }
}

}  // namespace tuesday::workflow::lint
