// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/local/stop_signals.h"

#include <pthread.h>

namespace tuesday::cli {

StopSignals::StopSignals() {
  ::sigemptyset(&set_);
  // SIGUSR2 only ends the thread.
  for (const int number : {SIGINT, SIGTERM, SIGUSR2}) ::sigaddset(&set_, number);
  ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

StopSignals::~StopSignals() {
  if (thread_.joinable()) {
    ::pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopSignals::Watch(std::function<void(int)> told) {
  thread_ = std::thread([this, told = std::move(told)] {
    int count = 0;
    int number = 0;
    while (::sigwait(&set_, &number) == 0 && number != SIGUSR2) told(++count);
  });
}

}  // namespace tuesday::cli
