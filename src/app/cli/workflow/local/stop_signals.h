// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as calls on a thread of their own, as long as this lives.
#pragma once

#include <signal.h>

#include <functional>
#include <thread>

namespace tuesday::cli {

class StopSignals {
 public:
  // Blocks the signals for this thread and those that it starts from now on.
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Calls `told` with how many signals have come, for each.
  void Watch(std::function<void(int count)> told);

 private:
  sigset_t set_{};
  sigset_t before_{};
  std::thread thread_;
};

}  // namespace tuesday::cli
