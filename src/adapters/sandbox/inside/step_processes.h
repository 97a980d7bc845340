// SPDX-License-Identifier: Apache-2.0
// The processes of one step, found in the sandbox's own /proc.
#pragma once

#include <sys/types.h>

#include <string>

namespace tuesday::sandbox {

// Who belongs to a step: `leader` while it runs (0 afterwards), its children and theirs, its session, and whoever carries
// `mark` in its variables, also after it left the session.
struct StepProcesses {
  pid_t leader = 0;
  std::string mark;
};

// To all of them; SIGKILL is repeated until nobody is left, because they may start others meanwhile. Returns how many were met.
int SignalStep(const StepProcesses& step, int signal);

}  // namespace tuesday::sandbox
