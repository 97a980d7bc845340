// SPDX-License-Identifier: Apache-2.0
// Limits of one instance by cgroups, version 1 (also hybrid) or 2, below the cgroup that we are in. Where the machine gives
// none, everything works without limits and `message` says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/manifest/pod.h"

namespace tuesday::supervise {

constexpr int kProcessesMax = 4096;  // Of one instance.

struct LimitGroups {
  std::vector<std::string> folders;  // To be joined by the child.
  std::string message;               // Empty: every limit that was asked for is enforced.
};

// Makes the groups `tuesday/<name>` with these limits, and with the container's share of the cpu when all are busy. Existing
// ones are used again.
LimitGroups MakeGroups(const std::string& name, const manifest::Resources& resources, int processes_max = kProcessesMax);

// How often the kernel killed somebody in these groups for want of memory.
std::int64_t OutOfMemoryKills(const std::vector<std::string>& folders);

// The share of the cpu that the kernel holds for these groups: "cpu.shares 512", "cpu.weight 20"; empty: none.
std::string CpuShareOf(const std::vector<std::string>& folders);

// SIGKILL to everybody inside. The groups stay.
void KillGroups(const std::vector<std::string>& folders);

// Removes groups that are empty or become so within 100 ms; others stay until the next call.
void RemoveGroups(const std::vector<std::string>& folders);

// One sentence for `tuesday doctor`: which limits this machine can enforce.
std::string DescribeLimits();

}  // namespace tuesday::supervise
