// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise inside`: the first process of a sandbox. Starts steps and answers questions about files as the supervisor
// outside orders, reaps everybody, and streams nothing: a step writes into the supervisor's pipe itself. Its end is the end of
// everything in the sandbox.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::sandbox {

// Serves the socket with the number kInsideSocket until its other end is closed. `words` are limits for where no cgroup holds
// everything: of processes, and of the bytes of data of one process. A third word is the path of a socket to connect to: then
// we are in a container, and steps see the variables of its image too.
Result<void> RunInside(const std::vector<std::string>& words);

}  // namespace tuesday::sandbox
