// SPDX-License-Identifier: Apache-2.0
// The options of `tuesday workflow …`.
#pragma once

#include <string>
#include <vector>

#include "app/cli/client/session.h"

namespace tuesday::cli {

struct WorkflowOptions {
  std::string file;        // Empty: every workflow of this repository.
  std::string event = "";  // Empty: push, or the first event that the workflow names.
  std::string event_path;  // A file with the event's payload.
  std::vector<std::string> jobs;
  std::vector<std::string> matrix;  // "key:value"
  std::vector<std::string> inputs;  // "name=value"
  std::vector<std::string> vars;    // "NAME=value"
  std::string var_file;
  std::vector<std::string> secrets;  // Names; their values are in the environment.
  std::string secret_file;
  std::string format = "text";  // Of graph.
  std::string resume;           // "failed-step" or "failed-jobs" of the last run; empty: a new run.
  bool go_on = false;           // With the last run that was left before its end.
  bool dry_run = false;
  bool bind = false;     // The working tree itself is the workspace.
  bool offline = false;  // No network in jobs.
  bool debug = false;
  bool shell_on_failure = false;
};

int RunWorkflowList(const Globals& globals, const WorkflowOptions& options);
int RunWorkflowGraph(const Globals& globals, const WorkflowOptions& options);
int RunWorkflowRun(const Globals& globals, const WorkflowOptions& options);

}  // namespace tuesday::cli
