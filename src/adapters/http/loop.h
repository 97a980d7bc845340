// SPDX-License-Identifier: Apache-2.0
// The one thread on which domain state changes: HTTP handlers, timers and posted tasks run here, one after the other.
// Owns the io_context; whoever uses a Loop must be destroyed before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"

namespace boost::asio {
class io_context;
}

namespace tuesday::http {

// A task that holds the loop longer than this is counted: everything else waited for it.
inline constexpr Duration kTaskTimeMax = std::chrono::milliseconds(5);

using TimerId = std::uint64_t;

class Loop {
 public:
  using Task = std::function<void()>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs the task on the loop soon. From any thread.
  void Post(Task task);

  // Runs the task once after `delay` of monotonic time. On the loop's thread, or before Run.
  TimerId After(Duration delay, Task task);

  // A timer that has fired or is unknown is no error. On the loop's thread, or before Run.
  void Cancel(TimerId timer);

  // Runs until Stop; may be called again after it.
  void Run();

  // From any thread, and from a signal's task.
  void Stop();

  // Calls `task` at once and counts it when it was slow: for adapters that bring their own events.
  void Measure(const Task& task);

  // How many tasks held the loop longer than kTaskTimeMax, and the longest time. From any thread.
  std::uint64_t slow_tasks() const;
  Duration longest_task() const;

  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::http
