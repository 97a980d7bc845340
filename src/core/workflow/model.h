// SPDX-License-Identifier: Apache-2.0
// A workflow as the engine sees it: jobs, steps and what they need, with values left as tokens where the run must evaluate
// them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/workflow/permissions.h"
#include "core/workflow/token.h"

namespace tuesday::workflow {

enum class StepKind { kRun, kUses, kWait, kWaitAll, kCancel, kParallel };

// `id` is never empty: a step without one has a generated one, which begins with "__". `condition` is complete: without a
// status function it was wrapped in `success() && (…)`.
struct Step {
  StepKind kind = StepKind::kRun;
  Place at;
  std::string id;
  std::optional<Token> name;
  Token condition;
  std::optional<Token> continue_on_error;
  std::optional<Token> timeout_minutes;
  std::optional<Token> env;
  std::optional<Token> background;
  std::optional<Token> working_directory;
  std::optional<Token> shell;
  std::optional<Token> run;
  std::optional<Token> uses;
  std::optional<Token> with;
  std::vector<Token> waits_for;  // Ids of background steps: of kWait, and the one of kCancel.
  std::vector<Step> parallel;
};

// What `uses:` of a job adds: the called workflow and what is passed to it. The definitions and `jobs` are the called file's.
struct Call {
  Token ref;
  std::optional<Token> input_definitions;
  std::optional<Token> input_values;
  std::optional<Token> secret_definitions;
  std::optional<Token> secret_values;
  bool inherits_secrets = false;
  std::optional<Token> outputs;
  std::optional<Token> defaults;
  std::optional<Token> env;
  std::optional<Token> embedded_concurrency;
};

struct Job {
  Token id;
  Token name;
  std::vector<Token> needs;
  Token condition;
  std::optional<Token> strategy;
  std::optional<Token> continue_on_error;
  std::optional<Token> timeout_minutes;
  std::optional<Token> cancel_timeout_minutes;
  std::optional<Token> concurrency;
  std::optional<Permissions> permissions;
  std::optional<Token> env;
  std::optional<Token> environment;
  std::optional<Token> defaults;
  std::optional<Token> runs_on;
  std::optional<Token> container;
  std::optional<Token> services;
  std::optional<Token> outputs;
  std::vector<Step> steps;
  std::optional<Token> snapshot;
  std::optional<Call> call;
  std::vector<Job> jobs;  // Of the called workflow.
};

struct Workflow {
  std::optional<Token> name;
  std::optional<Token> run_name;
  std::optional<Token> on;
  std::vector<std::pair<std::string, std::string>> input_types;  // Of workflow_dispatch: name, type.
  std::optional<Token> env;
  std::optional<Permissions> permissions;
  std::optional<Token> defaults;
  std::optional<Token> concurrency;
  std::vector<Job> jobs;
};

}  // namespace tuesday::workflow
