// SPDX-License-Identifier: Apache-2.0
// Rules `id`, `job-needs`, `credentials`, `deprecated-commands`, `env-var`.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/expression/value/text.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

std::string Upper(std::string_view text) { return expression::UpperCase(text); }

void CheckId(const Node& id, std::string_view what, Report& report) {
  if (HasExpressions(id.value) || expression::IsKeyword(id.value)) return;
  report.Add(id, "id",
             fmt::format("\"{}\" cannot be the id of a {}: letters, digits, \"-\" and \"_\", and first a letter or \"_\".",
                         id.value, what));
}

// Goes along the needs from every job and tells each cycle once, at its first job in the file.
class CycleFinder {
 public:
  CycleFinder(const WorkflowNode& workflow, Report& report) : workflow_(workflow), report_(report) {}

  void Find() {
    for (const JobNode& job : workflow_.jobs) Visit(job);
  }

 private:
  enum class Mark { kNew, kOpen, kDone };

  void Visit(const JobNode& first) {
    // A stack of its own: a chain of needs can be as long as the file.
    std::vector<std::pair<const JobNode*, std::size_t>> path;
    const auto open = [&](const JobNode& job) {
      marks_[&job] = Mark::kOpen;
      path.emplace_back(&job, 0);
    };
    if (marks_[&first] == Mark::kNew) open(first);
    while (!path.empty()) {
      auto& [job, next] = path.back();
      if (next == job->needs.size()) {
        marks_[job] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const JobNode* need = workflow_.FindJob(Lower(job->needs[next++]->value));
      if (need == nullptr) continue;
      if (marks_[need] == Mark::kOpen) Tell(path, need);
      if (marks_[need] == Mark::kNew) open(*need);
    }
  }

  static std::string Lower(std::string text) {
    for (char& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return text;
  }

  void Tell(const std::vector<std::pair<const JobNode*, std::size_t>>& path, const JobNode* back_to) {
    if (told_) return;
    told_ = true;
    std::vector<const JobNode*> cycle;
    bool within = false;
    for (const auto& [job, next] : path) {
      within = within || job == back_to;
      if (within) cycle.push_back(job);
    }
    const auto by_place = [](const JobNode* a, const JobNode* b) { return a->entry.key->line < b->entry.key->line; };
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end(), by_place), cycle.end());
    std::string text;
    for (const JobNode* job : cycle) text += fmt::format("\"{}\" -> ", job->entry.key->value);
    text += fmt::format("\"{}\"", cycle.front()->entry.key->value);
    report_.Add(*cycle.front()->entry.key, "job-needs", fmt::format("These jobs wait for each other: {}.", text));
  }

  const WorkflowNode& workflow_;
  Report& report_;
  std::map<const JobNode*, Mark> marks_;
  bool told_ = false;
};

void CheckPassword(const ContainerNode& container, std::string_view what, Report& report) {
  if (container.password == nullptr || HasExpressions(container.password->value)) return;
  report.Add(
      *container.password, "credentials",
      fmt::format("The password of {} stands in the file. Keep it as a secret and write ${{{{ secrets.NAME }}}}.", what));
}

struct OldCommand {
  std::string_view text;
  std::string_view instead;
};

constexpr OldCommand kOldCommands[] = {
    {"::set-output name=", "echo \"{name}={value}\" >> $GITHUB_OUTPUT"},
    {"::save-state name=", "echo \"{name}={value}\" >> $GITHUB_STATE"},
    {"::set-env name=", "echo \"{name}={value}\" >> $GITHUB_ENV"},
    {"::add-path::", "echo \"{path}\" >> $GITHUB_PATH"},
};

void CheckEnvName(const MapOrExpression& env, Report& report) {
  for (const Entry& entry : env.entries) {
    if (HasExpressions(entry.key->value) || entry.key->value.find_first_of("&= ") == std::string::npos) continue;
    report.Add(*entry.key, "env-var", fmt::format("\"{}\" cannot be the name of an environment variable.", entry.key->value));
  }
}

}  // namespace

void CheckIds(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    CheckId(*job.entry.key, "job", report);
    std::map<std::string, const Node*> known;
    for (const StepNode& step : job.steps) {
      if (step.id == nullptr) continue;
      CheckId(*step.id, "step", report);
      const auto [before, added] = known.try_emplace(Upper(step.id->value), step.id);
      if (added) continue;
      report.Add(*step.id, "id",
                 fmt::format("The id \"{}\" is there twice in this job; the first is at line {}, column {}. Case does "
                             "not count.",
                             step.id->value, before->second->line, before->second->column));
    }
  }
}

void CheckNeeds(const WorkflowNode& workflow, Report& report) {
  std::set<std::string> known;
  for (const JobNode& job : workflow.jobs) known.insert(Upper(job.entry.key->value));
  bool whole = true;
  for (const JobNode& job : workflow.jobs) {
    std::set<std::string> needs;
    for (const Node* need : job.needs) {
      if (!needs.insert(Upper(need->value)).second) {
        report.Add(*need, "job-needs",
                   fmt::format("The job \"{}\" is there twice in \"needs\". Case does not count.", need->value));
      }
      if (known.contains(Upper(need->value)) || HasExpressions(need->value)) continue;
      whole = false;
      report.Add(*job.entry.key, "job-needs",
                 fmt::format("The job \"{}\" needs \"{}\", and there is no such job.", job.entry.key->value, need->value));
    }
  }
  if (whole) CycleFinder(workflow, report).Find();
}

void CheckCredentials(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    if (job.container.has_value()) CheckPassword(*job.container, "the container", report);
    for (const ContainerNode& service : job.services) {
      CheckPassword(service, fmt::format("the service \"{}\"", service.key->value), report);
    }
  }
}

void CheckCommands(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    for (const StepNode& step : job.steps) {
      if (step.run == nullptr) continue;
      for (const OldCommand& command : kOldCommands) {
        for (std::size_t at = step.run->value.find(command.text); at != std::string::npos;
             at = step.run->value.find(command.text, at + 1)) {
          const std::string_view name = command.text.substr(2, command.text.find_first_of(" :", 2) - 2);
          report.Add(*step.run, "deprecated-commands",
                     fmt::format("The workflow command \"{}\" is no longer supported. Write: {}", name, command.instead));
        }
      }
    }
  }
}

void CheckEnvNames(const WorkflowNode& workflow, Report& report) {
  CheckEnvName(workflow.env, report);
  for (const JobNode& job : workflow.jobs) {
    CheckEnvName(job.env, report);
    if (job.container.has_value()) CheckEnvName(job.container->env, report);
    for (const ContainerNode& service : job.services) CheckEnvName(service.env, report);
    for (const StepNode& step : job.steps) CheckEnvName(step.env, report);
  }
}

}  // namespace tuesday::workflow::lint
