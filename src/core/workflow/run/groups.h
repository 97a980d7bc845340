// SPDX-License-Identifier: Apache-2.0
// Concurrency groups over all runs: one holder each, and who waits. Follows from the states alone.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/run/state.h"

namespace tuesday::workflow {

inline constexpr std::size_t kGroupQueueMax = 100;  // With `queue: max`.

// A run or a leg that names a group. `since` orders those that wait.
struct GroupMember {
  std::string run;
  std::string leg;  // Empty: the run itself.
  std::string group;
  bool holds = false;
  bool waits = false;
  bool ended = false;    // It holds and has ended.
  bool cancels = false;  // `cancel-in-progress`.
  bool queues = false;   // `queue: max`.
  WallTime since{};
};

// The member gets the group, or ends for a newer one's sake (or leaves it at its end).
struct GroupMove {
  std::string run;
  std::string leg;
  bool granted = false;
  std::string reason;
};

std::vector<GroupMember> GroupMembers(const std::string& run, const RunState& state);

// What follows from who is there: a free group goes to the one that has waited longest; of those that wait only the newest
// stays, or the kGroupQueueMax oldest with `queue: max`; a newcomer with `cancel-in-progress` ends the holder.
std::vector<GroupMove> SettleGroups(const std::vector<GroupMember>& members);

}  // namespace tuesday::workflow
