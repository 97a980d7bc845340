// SPDX-License-Identifier: Apache-2.0
// What one finished command of a job left behind, as the machine of runs takes it in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/workflow/output/annotation.h"

namespace tuesday::workflow {

enum class StepEnd { kExited, kTimedOut, kNotStarted, kLost };

// How a finished step ended and what it left behind. `problem` says why the step fails although its command may have ended
// well: a file command that cannot be read, a handler that failed, a limit that was passed.
struct StepReport {
  std::string id;
  int ordinal = 0;
  StepEnd end = StepEnd::kExited;
  int exit_code = 0;  // 128 + n for a signal n.
  std::string problem;
  std::vector<std::pair<std::string, std::string>> outputs;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::pair<std::string, std::string>> state;
  std::vector<std::string> path;  // In the order in which they were added.
  std::string summary;
  std::vector<Annotation> annotations;
  std::vector<std::string> masks;  // That the step added.
  WallTime began;
  WallTime ended;
  friend bool operator==(const StepReport&, const StepReport&) = default;
};

}  // namespace tuesday::workflow
