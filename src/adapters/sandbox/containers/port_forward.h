// SPDX-License-Identifier: Apache-2.0
// Ports of a job's services under other numbers: a process of its own in the job's network that listens at 127.0.0.1 and
// carries connections over.
#pragma once

#include <sys/types.h>

#include <map>

#include "base/result.h"

namespace tuesday::sandbox {

// Returns when it listens at every outer port. `forwards` is outer → inner. The process ends when the other end of `alive` is
// closed, or nobody of ours is left. Only as root, from a process with one thread.
Result<pid_t> ForwardPorts(pid_t network_owner, const std::map<int, int>& forwards, int alive);

}  // namespace tuesday::sandbox
