// SPDX-License-Identifier: Apache-2.0
// The workflows of the repository that we stand in.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "core/workflow/model.h"
#include "core/workflow/trigger/trigger.h"
#include "wire/runs/runs.h"

namespace tuesday::actions {
class KnownActions;
}

namespace tuesday::cli {

// `name` is the file's path within the repository; `files` has it and everything that it calls.
struct LocalWorkflow {
  std::string name;
  std::vector<runs::SourceFile> files;
  workflow::Workflow workflow;
  std::vector<std::string> places;  // Names of files, as places in the workflow count them, from 1.
  std::vector<workflow::Trigger> triggers;

  std::string Title() const;  // Its `name`, or its file's.
};

// What is wrong with a file, one line each, as `tuesday check` prints it.
struct WorkflowErrors {
  std::vector<std::string> lines;
};

// The folder that holds `.github`, here or above; kNotFound when there is none.
Result<std::string> RepositoryRoot();

// Reads one file, or all of `.github/workflows` when `file` is empty, and what they call: of other repositories from `known`.
// kInvalid when one of them has problems; `errors` names all.
Result<std::vector<LocalWorkflow>> ReadWorkflows(const std::string& root, const std::string& file, WorkflowErrors& errors,
                                                 const actions::KnownActions* known = nullptr);

}  // namespace tuesday::cli
