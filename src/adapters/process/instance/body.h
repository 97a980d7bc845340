// SPDX-License-Identifier: Apache-2.0
// What an instance's supervisor keeps running: a process of this machine, or a container of its engine. Owned by the
// supervisor, on its one thread; nothing here blocks.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "adapters/process/instance/record.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::process {

// How one life of a body ended.
struct BodyEnd {
  std::string how;  // "exit 3", "signal 9 (OOM)"
  bool out_of_memory = false;
  double cpu_seconds = 0;
};

struct BodyBegun {
  supervise::Process process;                     // Its first, as this machine sees it.
  std::string container;                          // The engine's id; empty: a process.
  std::map<std::uint16_t, std::uint16_t> probed;  // containerPort -> where a probe finds it; others mean themselves.
};

// Whether a start that failed is one of the instance's restarts.
enum class Counts { kNo, kYes };

class Body {
 public:
  // Called on the supervisor's loop, also from within the calls below. After `ended` or `not_begun` nothing runs.
  struct Callbacks {
    std::function<void(std::string_view bytes)> output;
    std::function<void(const BodyBegun& begun)> begun;
    std::function<void(const Error& why, Counts counts)> not_begun;
    std::function<void(const BodyEnd& end)> ended;
    std::function<void(const std::string& what)> says;  // What a start waits for.
    std::function<void(const std::string& why)> lost;   // How it is cannot be seen now; it is neither begun nor ended anew.
    std::function<void()> found;                        // It can be seen again, and runs.
  };

  virtual ~Body() = default;

  // Deals with what an earlier supervisor left; before all else, and at most once. Whether that was a life that is over
  // now: a process is ended, a container runs on and is found by Start.
  virtual bool EndsWhatIsLeft(const InstanceRecord& before) = 0;

  // Asked by the daemon, shown for the limits: what this machine cannot enforce, and the control groups that are ours.
  virtual std::string LimitsMessage() const = 0;
  virtual std::vector<std::string> Groups() const = 0;

  virtual void Start() = 0;
  // SIGTERM to its first process.
  virtual void Terminate() = 0;
  // Ends all of it.
  virtual void Kill() = 0;
  // Removes all that is there, whatever state it is in, and then calls `done`, perhaps at once.
  virtual void Clear(std::function<void()> done) = 0;

  // What a command of a probe runs in: the command is put behind the plan's own words.
  virtual supervise::SpawnPlan CommandPlan() const = 0;

  // Tells of a child of ours that was reaped. Whether it was the body's.
  virtual bool TakeEnd(pid_t pid, int wait_status, const rusage& usage) = 0;
};

}  // namespace tuesday::process
