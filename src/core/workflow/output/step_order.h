// SPDX-License-Identifier: Apache-2.0
// One command of a job, ready to be run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/workflow/container/order.h"

namespace tuesday::workflow {

// `argv` holds paths inside; `{0}` in an argument is the path of the file that holds `script`. The environment is complete but
// for PATH additions (made from `path_first`, which come before the PATH that the place has) and the variables that name the
// step's file commands (GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH, GITHUB_STATE, GITHUB_STEP_SUMMARY). Never logged.
struct StepOrder {
  std::string id;   // Letters, digits, `.`, `-`, `_`.
  int ordinal = 0;  // From 1, increasing within the place: names the log.
  std::vector<std::string> argv;
  std::string script;
  std::string script_suffix;  // ".sh"
  std::map<std::string, std::string> environment;
  std::vector<std::string> path_first;
  std::string working_dir;
  std::optional<Duration> timeout;
  bool unsecure_commands = false;            // `::set-env::` and `::add-path::` are taken.
  bool debug = false;                        // `::debug::` lines are written.
  bool embedded = false;                     // It is of a composite action: its annotations are counted with that one's.
  bool in_container = false;                 // It runs in the job's own container, not beside it.
  std::optional<ContainerOrder> containers;  // What is done with containers; then there is no `argv`.
};

}  // namespace tuesday::workflow
