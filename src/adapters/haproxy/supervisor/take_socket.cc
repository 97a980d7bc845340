// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/take_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace tuesday::haproxy {

files::Fd TakeSocket(pid_t process, const std::function<bool(const files::Fd&)>& fits) {
  const files::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!pidfd.is_open()) return {};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process), error)) {
    const int number = std::atoi(entry.path().filename().c_str());
    files::Fd taken(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0)));
    if (taken.is_open() && fits(taken)) return taken;
  }
  return {};
}

bool IsListening(const files::Fd& fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1;
}

}  // namespace tuesday::haproxy
