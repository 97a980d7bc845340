// SPDX-License-Identifier: Apache-2.0
// How far a run has come: all that must survive a restart, as plain values. `docs/formats/runs.md` says how it is stored.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/workflow/output/step_report.h"

namespace tuesday::workflow {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Adds the pair, or puts the value in the place of the one with the same key.
void Put(Pairs& pairs, const std::string& key, std::string value);

enum class RunResult { kNone, kSuccess, kFailure, kCancelled, kSkipped };

// "success", "failure", "cancelled", "skipped"; empty for kNone.
std::string ResultText(RunResult result);

// How far a step was told to end. Each stage has its signal.
enum class Ending { kNone, kInterrupted, kTerminated, kKilled };

enum class StepPhase { kWaiting, kRunning, kDone };

// One step, or one stage of an action. `ordinal` is that of its command in the place, 0 when it has none. `left` is what a
// background step reported and nobody has waited for. `frame` is that of the composite action which it opened, or -1.
struct StepState {
  StepPhase phase = StepPhase::kWaiting;
  std::string name;
  RunResult outcome = RunResult::kNone;     // As it ended.
  RunResult conclusion = RunResult::kNone;  // After continue-on-error.
  std::string reason;                       // Why it was skipped or failed.
  Pairs outputs;
  Pairs saved;  // By saveState: for the post stage of the same action.
  int ordinal = 0;
  int frame = -1;
  bool background = false;
  bool continue_on_error = false;
  std::optional<Duration> timeout;
  Ending ending = Ending::kNone;
  Instant ending_since{};
  bool ended_on_purpose = false;              // By a `cancel:` step: that is no failure.
  std::map<std::string, std::string> hashes;  // hashFiles() answered: patterns, one a line → digest.
  std::optional<StepReport> left;
  WallTime began{};
  WallTime ended{};
  friend bool operator==(const StepState&, const StepState&) = default;
};

// A list of steps that is gone through: the job's own, or a composite action's. `environment` is what the composite's step
// puts over the job's. Both are stored by HideSecrets.
struct FrameState {
  int parent = -1;
  int parent_step = -1;
  std::string action;  // Of LegState::actions; empty for the job's own steps.
  Pairs inputs;
  Pairs environment;
  std::vector<std::string> ids;  // Of the steps.
  std::vector<StepState> steps;
  int next = 0;
  RunResult status = RunResult::kSuccess;
  std::vector<Annotation> annotations;  // Of all steps within, kept by those of the step that opened it when it ends.
  friend bool operator==(const FrameState&, const FrameState&) = default;
};

inline constexpr int kContainersFrame = -1;

// The pre or post stage of the action of one step. With kContainersFrame it is the begin or the end of the job's containers,
// and `step` is 1 when the job's own steps run in one of them.
struct StageState {
  int frame = 0;
  int step = 0;
  StepState run;
  friend bool operator==(const StageState&, const StageState&) = default;
};

// An action as it was found. `native` names an implementation of our own; `folder` is where the definition stands, as seen in
// the place.
struct LoadedAction {
  std::string definition;  // The text of its action.yml.
  std::string folder;
  std::string native;
  std::string problem;  // Why it cannot be used; empty when it can.
  friend bool operator==(const LoadedAction&, const LoadedAction&) = default;
};

enum class LegPhase { kWaiting, kOpening, kLoading, kPre, kMain, kPost, kClosing, kCalled, kDone };

struct GraphState;

// One job of the matrix. `key` is unique in the run and begins with the job's id; `matrix` and `strategy` are JSON.
struct LegState {
  std::string key;
  std::string name;
  std::string matrix;
  int index = 0;
  LegPhase phase = LegPhase::kWaiting;
  RunResult status = RunResult::kSuccess;  // job.status
  RunResult result = RunResult::kNone;
  std::string reason;
  bool continue_on_error = false;
  std::string group;  // Of concurrency, empty: none.
  bool holds_group = false;
  bool group_cancels = false;  // `cancel-in-progress`.
  bool group_queues = false;   // `queue: max`.
  WallTime group_since{};
  bool asks_environment = false;  // It waits to be let into its environment, before it asks for its group.
  bool holds_environment = false;
  WallTime environment_since{};
  std::string environment_name;
  std::string environment_url;
  std::optional<Instant> deadline;
  std::optional<Instant> cancelled_at;
  Duration cancel_timeout{};
  Pairs environment;  // Written by steps.
  std::vector<std::string> path;
  std::vector<std::string> masks;
  std::vector<Annotation> annotations;
  std::map<std::string, LoadedAction> actions;  // By what `uses` says.
  std::vector<std::string> wanted_actions;
  std::vector<std::string> wanted_hash;  // Patterns whose digest the next step waits for.
  int hashes_asked = 0;
  std::vector<FrameState> frames;
  int frame = 0;  // The one that is gone through.
  std::vector<StageState> pre_stages;
  std::vector<StageState> post_stages;  // In the order in which they were registered.
  int ordinals = 0;                     // Commands begun in the place.
  Pairs outputs;
  std::vector<GraphState> called;  // Of a job that calls a workflow: one.
  WallTime began{};
  WallTime ended{};
  friend bool operator==(const LegState&, const LegState&);
};

enum class JobPhase { kWaiting, kRunning, kDone };

// Why a job is left out of a run that is of some jobs only.
inline constexpr const char* kNotAskedFor = "it was not asked for";

struct JobState {
  std::string id;
  JobPhase phase = JobPhase::kWaiting;
  RunResult result = RunResult::kNone;  // As `needs` sees it.
  std::string reason;
  std::string name;
  bool fail_fast = true;
  int parallel_max = 0;
  std::vector<LegState> legs;
  Pairs outputs;
  friend bool operator==(const JobState&, const JobState&) = default;
};

// The jobs of one file, in its order. `inputs` is JSON.
struct GraphState {
  std::string inputs;
  std::vector<JobState> jobs;
  friend bool operator==(const GraphState&, const GraphState&) = default;
};

inline bool operator==(const LegState&, const LegState&) = default;

enum class RunPhase { kWaiting, kRunning, kDone };

struct RunState {
  RunPhase phase = RunPhase::kWaiting;
  RunResult result = RunResult::kNone;
  std::string name;    // run-name, or empty.
  std::string reason;  // Why it was cancelled.
  bool cancelled = false;
  std::string group;  // Of concurrency, empty: none.
  bool holds_group = false;
  bool group_cancels = false;
  bool group_queues = false;
  GraphState graph;
  WallTime began{};
  WallTime ended{};
};

}  // namespace tuesday::workflow
