// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>

#include "app/cli/render/table.h"
#include "app/cli/workflow/known.h"
#include "app/cli/workflow/options.h"
#include "app/cli/workflow/show/levels.h"
#include "app/cli/workflow/workflows.h"

namespace tuesday::cli {
namespace {

std::string EventsOf(const LocalWorkflow& local) {
  std::vector<std::string> names;
  for (const workflow::Trigger& trigger : local.triggers) names.push_back(trigger.event);
  return fmt::format("{}", fmt::join(names, ","));
}

Json JobJson(const workflow::Job& job, std::size_t level) {
  Json::Array needs;
  for (const workflow::Token& need : job.needs) needs.emplace_back(need.text);
  Json::Object object{{"id", Json(job.id.text)},
                      {"name", Json(job.name.ScalarText())},
                      {"stage", Json(static_cast<int>(level))},
                      {"needs", Json(std::move(needs))}};
  if (job.call.has_value()) object["uses"] = Json(job.call->ref.text);
  if (job.runs_on.has_value() && job.runs_on->IsScalar()) object["runs_on"] = Json(job.runs_on->ScalarText());
  return Json(std::move(object));
}

Json WorkflowJson(const LocalWorkflow& local) {
  Json::Array jobs;
  const auto levels = LevelsOf(local.workflow.jobs);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    for (const workflow::Job* job : levels[i]) jobs.push_back(JobJson(*job, i));
  }
  Json::Array events;
  for (const workflow::Trigger& trigger : local.triggers) events.emplace_back(trigger.event);
  return Json(Json::Object{{"file", Json(local.name)},
                           {"name", Json(local.Title())},
                           {"on", Json(std::move(events))},
                           {"jobs", Json(std::move(jobs))}});
}

Result<std::vector<LocalWorkflow>> ReadAll(const Globals& globals, const WorkflowOptions& options) {
  WorkflowErrors errors;
  std::string root = ".";
  if (Result<std::string> found = RepositoryRoot(); found.has_value()) {
    root = *found;
  } else if (options.file.empty()) {
    return std::unexpected(found.error());
  }
  TRY(const auto known, KnownFor(globals, root));
  auto workflows = ReadWorkflows(root, options.file, errors, &known);
  for (const std::string& line : errors.lines) std::cerr << line << "\n";
  return workflows;
}

int PrintAll(const std::vector<LocalWorkflow>& workflows) {
  Json::Array list;
  for (const LocalWorkflow& local : workflows) list.push_back(WorkflowJson(local));
  PrintJson(Json(Json::Object{{"workflows", Json(std::move(list))}}));
  return kExitPass;
}

}  // namespace

int RunWorkflowList(const Globals& globals, const WorkflowOptions& options) {
  const auto workflows = ReadAll(globals, options);
  if (!workflows) return ReportError(workflows.error(), globals);
  if (globals.json) return PrintAll(*workflows);
  Table table({"STAGE", "JOB", "NAME", "WORKFLOW", "FILE", "EVENTS"});
  for (const LocalWorkflow& local : *workflows) {
    const auto levels = LevelsOf(local.workflow.jobs);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      for (const workflow::Job* job : levels[i])
        table.Add({std::to_string(i), job->id.text, job->name.ScalarText(), local.Title(), local.name, EventsOf(local)});
    }
  }
  std::cout << table.Text();
  return kExitPass;
}

int RunWorkflowGraph(const Globals& globals, const WorkflowOptions& options) {
  const auto workflows = ReadAll(globals, options);
  if (!workflows) return ReportError(workflows.error(), globals);
  if (globals.json) return PrintAll(*workflows);
  for (const LocalWorkflow& local : *workflows) {
    if (options.format == "mermaid") {
      std::cout << GraphAsMermaid(local.workflow.jobs);
    } else if (options.format == "dot") {
      std::cout << GraphAsDot(local.workflow.jobs, local.Title());
    } else {
      std::cout << local.Title() << " (" << local.name << ")\n" << DrawGraph(local.workflow.jobs);
    }
  }
  return kExitPass;
}

}  // namespace tuesday::cli
