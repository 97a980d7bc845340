// SPDX-License-Identifier: Apache-2.0
// What every supervisor of a command needs: its output, the signals of its end, and nobody left behind.
#pragma once

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"
#include "base/result.h"

namespace tuesday::supervise {

// Both ends of a pipe. Only ours does not wait: a child must not find a descriptor that does not.
struct OutputPipe {
  files::Fd ours;
  files::Fd child_end;
};
Result<OutputPipe> MakeOutputPipe();

// SIGCHLD, SIGTERM and SIGINT come as reads of the descriptor from now on; SIGPIPE is ignored.
Result<files::Fd> OpenSignals();

// SIGKILL to all children of this process, those that it inherited as a subreaper too, and waits for them. The kernel needs a
// moment; after some seconds something is stuck in it, and they are left.
void KillOwnChildren();

}  // namespace tuesday::supervise
