// SPDX-License-Identifier: Apache-2.0
// Starts programs by argv, never through a shell. Safe from any thread: between fork and exec only system calls are made.
// No descriptor but those named is handed over.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::supervise {

// Who the program runs as.
struct UserIds {
  uid_t uid = 0;
  gid_t gid = 0;
  friend bool operator==(const UserIds&, const UserIds&) = default;
};

// The ids of a user by name, or nothing where the machine has no such user.
std::optional<UserIds> FindUser(const std::string& name);

enum class OnParentDeath { kLive, kDie };

struct SpawnPlan {
  std::vector<std::string> argv;                   // argv[0] without a slash is looked up in PATH of `environment`.
  std::map<std::string, std::string> environment;  // Complete: nothing is inherited.
  std::string working_folder;                      // Empty: ours.
  std::optional<UserIds> user;                     // Supplementary groups are dropped.
  int standard_input = -1;                         // -1: /dev/null, for each of the three.
  int standard_output = -1;
  int standard_error = -1;
  std::map<int, int> descriptors;        // Number there -> descriptor here. Numbers from 3 on.
  std::vector<std::string> join_groups;  // cgroup folders that the child enters before it changes its user.
  OnParentDeath on_parent_death = OnParentDeath::kLive;
};

// A process of ours, told apart from a later one with the same number by the time at which it started.
struct Process {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // Field 22 of /proc/<pid>/stat; 0: not known.
  friend bool operator==(const Process&, const Process&) = default;
};

// Starts the program as leader of a session and process group of its own. The call returns when exec has happened or
// failed: kNotFound (no such program or folder), kDenied, kInvalid (not a program). The caller reaps the child.
Result<Process> Spawn(const SpawnPlan& plan);

// Starts the program so that it is no child of ours and survives us, however we end; its output is appended to `log_path`
// (made with mode 0600). `plan`'s standard descriptors are ignored.
Result<Process> SpawnDetached(const SpawnPlan& plan, const std::string& log_path);

// The variables of this process, to hand them on.
std::map<std::string, std::string> OwnEnvironment();

// The absolute path of the program that we are.
std::string OwnProgram();

}  // namespace tuesday::supervise
