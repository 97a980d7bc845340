// SPDX-License-Identifier: Apache-2.0
// What a run is of. Read once from its files and its event; nothing here changes while the run goes on.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/expression/value/value.h"
#include "core/workflow/model.h"

namespace tuesday::workflow {

inline constexpr Duration kJobTimeout = std::chrono::hours(6);                   // When `timeout-minutes` says nothing.
inline constexpr Duration kJobCancelTimeout = std::chrono::minutes(5);           // Of `cancel-timeout-minutes`.
inline constexpr Duration kInterruptPatience = std::chrono::milliseconds(7500);  // From SIGINT to SIGTERM.
inline constexpr Duration kTerminatePatience = std::chrono::milliseconds(2500);  // From SIGTERM to SIGKILL.
inline constexpr std::size_t kBackgroundStepsMax = 10;                           // At once in a job; the rest wait.
inline constexpr std::size_t kCompositeDepthMax = 9;
inline constexpr std::size_t kAnnotationsMax = 50;  // Kept of one job.

// Where things are as programs of a job see them.
struct RunnerPaths {
  std::string workspace = "/home/runner/work/repo/repo";
  std::string temp = "/home/runner/work/_temp";
  std::string tool_cache = "/opt/hostedtoolcache";
  std::string home = "/home/runner";
  std::string event_file = "/opt/tuesday/event.json";
  std::string program = "/run/tuesday/tuesday";  // Ours, for actions that we implement.
  std::string source;                            // The run's own repository, for our checkout; empty: there is none.
  friend bool operator==(const RunnerPaths&, const RunnerPaths&) = default;
};

// What a job of one environment has beside the run's own, or in its place. Both are objects; the secrets in memory only.
struct EnvironmentSettings {
  expression::Value secrets;
  expression::Value vars;
};

// `id` names the run and its attempt and begins the id of every command: letters, digits, `.`, `-`. `github` is the context
// without what belongs to a job. `secrets` are in memory only: whatever is stored of a run is stored without them.
struct RunSpec {
  std::string id;
  Workflow workflow;
  std::vector<std::string> files;  // As places in the workflow count them, from 1.
  expression::Value github;
  expression::Value inputs;
  expression::Value vars;
  expression::Value secrets;
  std::map<std::string, EnvironmentSettings> environments;  // By the name in lower case; those without settings may lack.
  bool gates_environments = false;                          // A leg with an environment waits until it is let in.
  RunnerPaths paths;
  std::set<std::string> labels = {"ubuntu-latest", "self-hosted", "linux", "x64"};  // Of this runner, in lower case.
  std::string runner_name = "tuesday";
  std::string architecture = "X64";
  std::set<std::string> jobs;     // Only these of the top level, with what they need; empty: all.
  expression::Value matrix_only;  // Legs whose matrix has these values; null: all.
  bool debug = false;
};

}  // namespace tuesday::workflow
