// SPDX-License-Identifier: Apache-2.0
// One HAProxy process: started from the files on disk, known by a descriptor that tells when it ends, also when another
// supervisor started it. Plain worker mode: the supervisor is its master, so no master's death can take requests with it.
#pragma once

#include <map>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/supervise/spawn.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::haproxy {

class Worker {
 public:
  Worker() = default;

  // Starts HAProxy with the configuration in `folder` and the listening sockets; its words go to `folder`/haproxy.log.
  static Result<Worker> Start(const std::string& program, const std::string& folder, const std::map<int, int>& descriptors);

  // Takes on a process that runs already.
  static Result<Worker> Adopt(pid_t pid);

  pid_t pid() const { return process_.pid; }
  int exit_fd() const { return exit_fd_.get(); }  // Readable when the process has ended.
  bool is_open() const { return exit_fd_.is_open(); }
  bool HasEnded() const;

  // Takes no new connection, ends when the last one is gone.
  void Retire() const;
  void Kill() const;

  // To be called once it has ended.
  void Reap() const;

 private:
  supervise::Process process_;
  files::Fd exit_fd_;
};

// Tells every other HAProxy that was started with the configuration in `folder` to end when its last request has: those that
// a dead supervisor was waiting for.
void RetireOthers(const std::string& folder, pid_t current);

// What HAProxy's last words were, for a message: the end of `folder`/haproxy.log.
std::string LastWords(const std::string& folder);

// Lets HAProxy read the configuration at `path` and say whether it would start with it.
Result<void> CheckConfig(const std::string& program, const std::string& path, const std::string& folder,
                         const std::map<int, int>& descriptors);

// Whose rights HAProxy shall have: as root the user `tuesday` or else `haproxy`, if that user can reach `log_socket`; else "".
std::string UserFor(const std::string& log_socket);

}  // namespace tuesday::haproxy
