// SPDX-License-Identifier: Apache-2.0
// An action's metadata, action.yml or action.yaml: what it takes and gives, and how it runs. Values that the run must evaluate
// stay tokens, with their expressions checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/workflow/model.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {

struct ActionInput {
  std::string name;
  Place at;
  bool required = false;        // Nobody enforces it when the action runs.
  std::optional<Token> preset;  // `default`.
  std::string deprecation;      // What to tell those who give it; empty when it is not deprecated.
};

// `value` is of composite actions; the others set their outputs themselves.
struct ActionOutput {
  std::string name;
  Place at;
  std::optional<Token> value;
};

// Scripts are paths within the action's folder; an empty one is a stage that there is not. The conditions are complete:
// `always()` when nothing is said.
struct NodeRuns {
  int version = 0;  // 12, 16, 20 or 24.
  std::string main;
  std::string pre;
  std::string post;
  Token pre_if;
  Token post_if;
};

struct CompositeRuns {
  std::vector<Step> steps;  // Of kinds kRun, which have a shell, and kUses.
};

// `image` is a Dockerfile's path within the action's folder, or `docker://image`. An empty entrypoint is the image's own.
struct DockerRuns {
  std::string image;
  std::string entrypoint;
  std::string pre_entrypoint;
  std::string post_entrypoint;
  std::optional<Token> args;
  std::optional<Token> env;
  Token pre_if;
  Token post_if;
};

struct Action {
  std::string name;
  std::string description;
  std::vector<ActionInput> inputs;
  std::vector<ActionOutput> outputs;
  std::variant<NodeRuns, CompositeRuns, DockerRuns> runs;
};

// With problems there is no action. Places have the file 1: `file` as it was given.
struct ReadActionResult {
  Action action;
  std::vector<WorkflowProblem> problems;
};

// Reads the text of an action's metadata. Messages are GitHub's; limits are those of a workflow file.
ReadActionResult ReadActionFile(std::string_view content, std::string_view file, const ReadOptions& options = {});

}  // namespace tuesday::workflow
