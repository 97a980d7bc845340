// SPDX-License-Identifier: Apache-2.0
// Signals come as a task of the loop: nothing is interrupted in the middle.
#pragma once

#include <functional>
#include <thread>

#include "adapters/http/loop.h"

namespace tuesday::server {

// Made before any other thread, which would take the signals otherwise.
class SignalThread {
 public:
  // SIGHUP calls `again` on the loop, SIGTERM and SIGINT stop the loop.
  SignalThread(http::Loop& loop, std::function<void()> again);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  std::thread thread_;
};

}  // namespace tuesday::server
