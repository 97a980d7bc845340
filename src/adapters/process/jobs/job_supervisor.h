// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise job DIR`: holds DIR/lock while it lives, runs the command of DIR/spec until a try succeeds, all fail, its
// deadline passes or it is told to stop, and writes how it ended. Outlives the daemon.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::process {

// Runs until the job has ended. Fails with kConflict when the folder has a supervisor already.
Result<void> RunJobSupervisor(const std::string& folder);

}  // namespace tuesday::process
