// SPDX-License-Identifier: Apache-2.0
// What actions and called workflows take and give: from the repository's files, and for well-known actions from a table. An
// internal header of this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/workflow/lint/lint.h"

namespace tuesday::workflow::lint {

// What is wrong in the metadata of an action, as a sentence that names the place.
struct MetadataDefect {
  std::string_view rule;
  Severity severity = Severity::kError;
  std::string message;
};

// kUnknown: nothing can be said. kMissing: a file of the repository that is not there. kBroken: `problem` says why.
enum class MetadataState { kUnknown, kKnown, kMissing, kBroken };

struct InputMetadata {
  std::string name;
  bool required = false;
  std::string deprecation;  // What to use instead; empty when it is not deprecated.
};

struct ActionMetadata {
  MetadataState state = MetadataState::kUnknown;
  std::string name;
  std::string problem;
  std::vector<InputMetadata> inputs;
  std::vector<std::string> outputs;
  std::vector<MetadataDefect> defects;
  bool any_inputs = false;
  bool any_outputs = false;
  bool outdated = false;  // Its runner is gone.
};

// The action behind `uses`: `./path` from the files, `owner/repo@ref` from the table.
ActionMetadata ReadAction(std::string_view uses, const LintOptions& options);

// The table of well-known actions.
ActionMetadata FindKnownAction(std::string_view uses);

struct CallMetadata {
  MetadataState state = MetadataState::kUnknown;
  std::string problem;
  std::vector<InputMetadata> inputs;
  std::map<std::string, std::string> input_types;  // By name in lower case.
  std::vector<InputMetadata> secrets;
  bool any_secrets = false;
  std::vector<std::string> outputs;
};

// The workflow behind `uses` of a job, when it is a file of the repository.
CallMetadata ReadCalled(std::string_view uses, const LintOptions& options);

}  // namespace tuesday::workflow::lint
