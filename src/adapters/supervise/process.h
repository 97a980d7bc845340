// SPDX-License-Identifier: Apache-2.0
// What /proc says of processes, and how to end them for sure: a number alone is not a process, because numbers come back.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/supervise/spawn.h"
#include "base/time.h"

namespace tuesday::supervise {

struct Usage {
  double cpu_seconds = 0;  // With that of children that were waited for.
  std::int64_t memory_bytes = 0;
};

// Field 22 of /proc/<pid>/stat, or 0 when there is no such process.
std::uint64_t StartTicksOf(pid_t pid);

// Whether this very process runs; a zombie does not.
bool IsAlive(const Process& process);

// Of one process, not of its children that still run.
std::optional<Usage> UsageOf(const Process& process);

// SIGKILL to the process group that `leader` led, unless its number belongs to somebody else by now: the number of a
// group is not given again while the group has a member. Returns whether somebody was there.
bool KillGroupOf(const Process& leader);

// Direct children of this process, with those that it inherited as a subreaper.
std::vector<pid_t> OwnChildren();

// "exit 1", "signal 9 (KILL)", from a status of waitpid.
std::string ExitText(int wait_status);

// Changes at a reboot.
std::string BootId();

}  // namespace tuesday::supervise
