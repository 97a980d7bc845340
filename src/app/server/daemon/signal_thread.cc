// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/signal_thread.h"

#include <signal.h>

#include <utility>

namespace tuesday::server {

SignalThread::SignalThread(http::Loop& loop, std::function<void()> again) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR2);  // Ours, to end the thread.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([&loop, set, again = std::move(again)] {
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && signal == SIGHUP) loop.Post(again);
    if (signal != SIGUSR2) loop.Stop();
  });
}

SignalThread::~SignalThread() {
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

}  // namespace tuesday::server
