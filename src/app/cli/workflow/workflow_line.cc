// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/workflow_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {
namespace {

CLI::App* Command(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  return command;
}

}  // namespace

void AddWorkflow(CLI::App& app, const Globals& globals, WorkflowOptions& options, std::function<int()>& run) {
  CLI::App* group = app.add_subcommand("workflow", "GitHub Actions workflows of this repository.");
  group->require_subcommand(1);
  group->fallthrough();
  CLI::App* list = Command(*group, "list", "Shows the jobs of all workflows.", "tuesday workflow list");
  list->callback([&] { run = [&] { return RunWorkflowList(globals, options); }; });
  list->add_option("file", options.file, "One workflow's file");
  CLI::App* graph =
      Command(*group, "graph", "Draws the jobs and what they need.", "tuesday workflow graph .github/workflows/ci.yaml");
  graph->callback([&] { run = [&] { return RunWorkflowGraph(globals, options); }; });
  graph->add_option("file", options.file, "One workflow's file");
  graph->add_option("--format", options.format, "text, mermaid or dot")->check(CLI::IsMember({"text", "mermaid", "dot"}));
  CLI::App* play = Command(*group, "run", "Runs a workflow here, from the working tree, in sandboxes.",
                           "tuesday workflow run .github/workflows/ci.yaml -j test");
  play->callback([&] { run = [&] { return RunWorkflowRun(globals, options); }; });
  play->add_option("file", options.file, "The workflow's file; left out: the one that runs on the event");
  play->add_option("-j,--job", options.jobs, "Only this job and what it needs; may be repeated");
  play->add_option("--matrix", options.matrix, "Only legs with this value, as key:value; may be repeated");
  play->add_option("-e,--event", options.event, "The event; push when the workflow runs on it");
  play->add_option("--event-path", options.event_path, "A JSON file that is put over the event's payload");
  play->add_option("--input", options.inputs, "name=value of workflow_dispatch; may be repeated");
  play->add_option("--var", options.vars, "NAME=value of the vars context; may be repeated");
  play->add_option("--var-file", options.var_file, "A file of such lines");
  play->add_option("-s,--secret", options.secrets, "A secret's name; its value is in the environment; may be repeated");
  play->add_option("--secret-file", options.secret_file, "A file of NAME=value lines that only you can read");
  play->add_flag("-n,--dry-run", options.dry_run, "Prints what would run, and runs nothing");
  play->add_flag_callback(
      "--from-step", [&options] { options.resume = "failed-step"; },
      "Goes on with the last run at the step that failed, with the files that it left");
  play->add_flag_callback(
      "--failed", [&options] { options.resume = "failed-jobs"; }, "Begins the failed jobs of the last run anew");
  play->add_flag("--continue", options.go_on, "Goes on with the last run whose process was killed, at the step it was in");
  play->add_flag("--shell-on-failure", options.shell_on_failure,
                 "Opens a shell where a step failed, before the job goes on; needs a terminal");
  play->add_flag("--bind", options.bind, "The working tree itself is the workspace, instead of what checkout makes");
  play->add_flag("--offline", options.offline, "Jobs have no network; needs no /dev/net/tun");
  play->add_flag("--debug", options.debug, "Debug lines of steps are logged");
}

}  // namespace tuesday::cli
