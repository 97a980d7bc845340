// SPDX-License-Identifier: Apache-2.0
// What a run of the working tree is told of where it comes from: the event and the `github`, `inputs` and `vars` contexts.
#pragma once

#include <map>
#include <string>

#include "adapters/git/snapshot.h"
#include "app/cli/workflow/options.h"
#include "app/cli/workflow/workflows.h"
#include "base/result.h"

namespace tuesday::cli {

// All four are JSON objects.
struct RunContext {
  std::string event_name;
  std::string event;
  std::string github;
  std::string inputs;
  std::string vars;
};

// `number` counts runs on this machine. kInvalid when an input of workflow_dispatch lacks or is none of its choices.
Result<RunContext> ContextOf(const WorkflowOptions& options, const LocalWorkflow& local, const git::Snapshot& snapshot,
                             const std::string& run_id, int number);

// "key=value" words and the lines of a file of such (`#` begins a comment, quotes around a value are taken off).
Result<std::map<std::string, std::string>> ReadAssignments(const std::vector<std::string>& words, const std::string& file);

// The secrets that are named, from the environment, and those of the file. Never from the command line, which others can read.
Result<std::map<std::string, std::string>> ReadSecrets(const WorkflowOptions& options);

}  // namespace tuesday::cli
