// SPDX-License-Identifier: Apache-2.0
// Where expressions of jobs stand: the jobs of one file, and what they see of the run. An internal header of this folder.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/output/masks.h"
#include "core/workflow/run/evaluate.h"
#include "core/workflow/run/run.h"

namespace tuesday::workflow {

// The jobs of the run's own file, or of a called one with what was passed to it. `prefix` begins the keys of its legs.
struct GraphScope {
  const RunSpec* spec = nullptr;
  const std::vector<Job>* jobs = nullptr;
  expression::Value inputs;
  expression::Value secrets;
  const std::optional<Token>* env = nullptr;
  const std::optional<Token>* defaults = nullptr;
  std::string prefix;
  bool cancelled = false;
};

// One decision: what it works on and what it tells.
struct Turn {
  const RunSpec& spec;
  RunState& state;
  Moment now;
  std::vector<audit::Entry>& entries;
};

GraphScope TopScope(const RunSpec& spec, const RunState& state);

// The scope of the jobs that a leg calls.
GraphScope CalledScope(const GraphScope& scope, const GraphState& graph, const JobState& state, const LegState& leg);

const Job& JobOf(const GraphScope& scope, const JobState& state);

// The place of a job in the graph by its id, without regard to case.
std::size_t JobIndex(const GraphState& graph, std::string_view id);

// Contexts of a job's own keys before its matrix is known: github, inputs, vars, needs and secrets, with the status functions
// over everything that the job comes after.
Contexts JobContexts(const GraphScope& scope, const GraphState& graph, const Job& job);

// The same with strategy and matrix.
Contexts LegContexts(const GraphScope& scope, const GraphState& graph, const Job& job, const JobState& state,
                     const LegState& leg);

// What the leg's steps see as `secrets`: those of its environment over the scope's own.
expression::Value SecretsOf(const GraphScope& scope, const LegState& leg);

// Values that the run's logs must not show: the run's secrets, and those of the leg's environment.
std::vector<std::string> SecretTextsOf(const RunSpec& spec, const LegState& leg);

// What must not be seen of a leg: the secrets, and what its steps asked to mask.
Masks MasksOf(const RunSpec& spec, const LegState& leg);

// `concurrency:` with its values: a text is the group alone.
struct Concurrency {
  std::string group;
  bool cancels = false;
  bool queues = false;
};
Evaluated<Concurrency> ConcurrencyOf(const std::optional<Token>& token, const Contexts& contexts);

// Every job that `job` needs, and what these need: nearest first.
std::vector<std::size_t> Ancestors(const GraphScope& scope, const GraphState& graph, const Job& job);

// One leg of the run with all that it stands in.
struct LegPlace {
  GraphScope scope;
  GraphState* graph = nullptr;
  JobState* job = nullptr;
  LegState* leg = nullptr;

  const Job& definition() const { return JobOf(scope, *job); }
};

// All legs that were made, callers before what they call.
std::vector<LegPlace> AllLegs(const RunSpec& spec, RunState& state);
std::optional<LegPlace> FindLeg(const RunSpec& spec, RunState& state, std::string_view key);

}  // namespace tuesday::workflow
