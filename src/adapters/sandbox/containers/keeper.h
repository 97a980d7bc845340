// SPDX-License-Identifier: Apache-2.0
// The containers of one place as its supervisor sees them: work that goes on in processes of its own, the runner within the
// job's own container, and the end of everything, also when the supervisor is killed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/sandbox/containers/work.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::sandbox {

class ContainerKeeper {
 public:
  // `message` is called when there is something to be received from the runner, `came` when it has connected.
  ContainerKeeper(supervise::PollLoop& loop, std::function<void()> message, std::function<void()> came)
      : loop_(loop), message_(std::move(message)), came_(std::move(came)) {}

  // Starts the work, which writes to `output`. The first one starts who removes everything when the place has ended.
  Result<pid_t> Start(ContainerWork work, int output);

  // SIGKILL is told in another way: whoever works kills its container first.
  static void Signal(pid_t worker, int signal);

  // The runner of the job's own container; -1 before it came.
  int runner_socket() const { return runner_.is_open() ? runner_.get() : -1; }
  // Who its steps are on this machine.
  supervise::UserIds runner_user() const { return user_; }
  bool awaits_runner() const { return listener_.is_open(); }

  // Removes all containers, and returns when they are gone or nobody removes them in time.
  void End();

 private:
  Result<void> StartRemover(const PlaceFolder& folder);
  Result<void> Listen(const PlaceFolder& folder);
  void Accept();

  supervise::PollLoop& loop_;
  std::function<void()> message_;
  std::function<void()> came_;
  files::Fd alive_;       // Open as long as we live.
  files::Fd alive_seen_;  // What the others hold.
  pid_t remover_ = 0;
  files::Fd listener_;
  files::Fd runner_;
  supervise::UserIds user_;
};

}  // namespace tuesday::sandbox
