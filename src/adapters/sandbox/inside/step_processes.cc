// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/step_processes.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr int kRoundsMax = 200;
constexpr std::size_t kVariablesBytesMax = 8 << 20;

struct Known {
  pid_t parent = 0;
  pid_t session = 0;
  char state = 0;
};

std::map<pid_t, Known> AllProcesses() {
  std::map<pid_t, Known> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  if (!folder) return all;
  while (const dirent* entry = ::readdir(folder.get())) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 1) continue;
    const std::string stat = files::ReadFile("/proc/" + std::to_string(pid) + "/stat", 4096).value_or("");
    const std::size_t bracket = stat.rfind(')');
    Known known;
    int group = 0;
    if (bracket == std::string::npos) continue;
    if (std::sscanf(stat.c_str() + bracket + 1, " %c %d %d %d", &known.state, &known.parent, &group, &known.session) != 4)
      continue;
    if (known.state != 'Z' && known.state != 'X') all.emplace(pid, known);
  }
  return all;
}

bool CarriesMark(pid_t pid, const std::string& mark) {
  if (mark.empty()) return false;
  const std::string path = "/proc/" + std::to_string(pid) + "/environ";
  return files::ReadFile(path, kVariablesBytesMax).value_or("").find(mark) != std::string::npos;
}

std::set<pid_t> Members(const StepProcesses& step) {
  const auto all = AllProcesses();
  std::set<pid_t> members;
  for (const auto& [pid, known] : all) {
    const bool is_own = step.leader != 0 && (pid == step.leader || known.session == step.leader);
    if (is_own || CarriesMark(pid, step.mark)) members.insert(pid);
  }
  // Children of members, until there is no new one.
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [pid, known] : all) {
      if (members.contains(known.parent) && members.insert(pid).second) grown = true;
    }
  }
  return members;
}

}  // namespace

int SignalStep(const StepProcesses& step, int signal) {
  int met = 0;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::set<pid_t> members = Members(step);
    if (members.empty()) break;
    // Stopped first, nobody of them starts another one while we go through them.
    if (signal == SIGKILL) {
      for (const pid_t pid : members) ::kill(pid, SIGSTOP);
    }
    for (const pid_t pid : members) ::kill(pid, signal);
    met += static_cast<int>(members.size());
    if (signal != SIGKILL) break;
    ::poll(nullptr, 0, 1);  // The kernel needs a moment to take them away.
  }
  return met;
}

}  // namespace tuesday::sandbox
