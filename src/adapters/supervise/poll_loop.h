// SPDX-License-Identifier: Apache-2.0
// The one blocking point of a supervisor: descriptors and timers over poll(2), no library. One thread; callbacks may add
// and remove watches and timers, also their own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/time.h"

namespace tuesday::supervise {

// CLOCK_BOOTTIME.
Instant BootNow();

class PollLoop {
 public:
  using TimerId = std::uint64_t;  // 0 is none.

  PollLoop() = default;
  PollLoop(const PollLoop&) = delete;
  PollLoop& operator=(const PollLoop&) = delete;

  // Calls `ready` with poll's revents whenever `fd` has one of `events`. One watch a descriptor; a second one replaces it.
  void Watch(int fd, short events, std::function<void(short revents)> ready);
  void Unwatch(int fd);

  // Calls `due` once, at or after `when`.
  TimerId At(Instant when, std::function<void()> due);
  TimerId After(Duration delay, std::function<void()> due) { return At(BootNow() + delay, std::move(due)); }
  // Harmless for a timer that is over, and for 0.
  void Cancel(TimerId timer);

  // Until Stop.
  void Run();
  void Stop() { stopped_ = true; }
  // Waits at most `wait_max` for something to do, and does what there is.
  void RunOnce(Duration wait_max = kForever);

 private:
  struct Watched {
    short events = 0;
    std::uint64_t serial = 0;  // A descriptor's number can be used again within one round.
    std::function<void(short)> ready;
  };

  int WaitMs(Duration wait_max) const;
  void CallDueTimers();

  std::map<int, Watched> watches_;
  std::map<std::pair<Instant, TimerId>, std::function<void()>> timers_;
  std::map<TimerId, Instant> timer_times_;
  std::uint64_t serial_ = 0;
  bool stopped_ = false;
};

}  // namespace tuesday::supervise
