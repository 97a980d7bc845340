// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise instance DIR`: one small process for each instance. It holds DIR/lock while it lives, keeps the
// instance's process running as DIR/spec says, and outlives the daemon. One thread; idle it sleeps in poll.
// How it is put together: docs/architecture/process-runtime.md.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::process {

// Runs until the instance has been stopped. Fails with kConflict when the folder has a supervisor already.
Result<void> RunInstanceSupervisor(const std::string& folder);

}  // namespace tuesday::process
