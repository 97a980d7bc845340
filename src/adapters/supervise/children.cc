// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/children.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/files.h"
#include "adapters/supervise/process.h"

namespace tuesday::supervise {
namespace {

constexpr Duration kKillPatience = std::chrono::seconds(5);

}  // namespace

Result<OutputPipe> MakeOutputPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(files::SystemError("cannot make", "a pipe", errno));
  OutputPipe pipe{files::Fd(ends[0]), files::Fd(ends[1])};
  ::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

Result<files::Fd> OpenSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  files::Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.is_open()) return std::unexpected(files::SystemError("cannot make", "a signal descriptor", errno));
  return signals;
}

void KillOwnChildren() {
  const Instant patience = BootNow() + kKillPatience;
  for (auto children = OwnChildren(); !children.empty(); children = OwnChildren()) {
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, WNOHANG);
    }
    if (BootNow() > patience) return;
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace tuesday::supervise
