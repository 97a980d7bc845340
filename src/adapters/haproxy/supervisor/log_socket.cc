// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/log_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/haproxy/supervisor/take_socket.h"
#include "adapters/haproxy/supervisor/worker.h"
#include "adapters/supervise/spawn.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::haproxy {
namespace {

// One connection for each HAProxy process that still has requests.
constexpr int kWaitingMax = 32;

// The process that last called listen at `path`; 0 when nobody listens.
pid_t ListenerAt(const std::string& path) {
  const auto address = supervise::MakeUnixAddress(path);
  const files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!address || ::connect(fd.get(), address->get(), address->size()) != 0) return 0;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

// A long path is bound through its folder's descriptor: only the last part is always there.
bool IsNamed(const files::Fd& fd, std::string_view path) {
  sockaddr_un bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0 || bound.sun_family != AF_UNIX) return false;
  return std::string_view(bound.sun_path).ends_with(path.substr(path.rfind('/')));
}

Result<files::Fd> Open(const std::string& path) {
  TRY(const supervise::UnixAddress address, supervise::MakeUnixAddress(path));
  files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ::unlink(path.c_str());
  if (::bind(fd.get(), address.get(), address.size()) != 0 || ::listen(fd.get(), kWaitingMax) != 0) {
    return Fail(ErrorCode::kUnavailable, fmt::format("The edge's log cannot be read at {}: {}.", path, std::strerror(errno)));
  }
  ::chmod(path.c_str(), 0600);
  const std::string user = UserFor(path);
  if (const auto ids = supervise::FindUser(user); !user.empty() && ids) {
    if (::chown(path.c_str(), ids->uid, ids->gid) != 0) {
      return Fail(ErrorCode::kDenied, fmt::format("{} cannot be given to the user {}: {}.", path, user, std::strerror(errno)));
    }
  }
  return fd;
}

}  // namespace

Result<files::Fd> ShareLogSocket(const std::string& path, LogHolder holder) {
  const pid_t other = ListenerAt(path);
  if (other == 0) return Open(path);
  files::Fd taken = TakeSocket(other, [&](const files::Fd& fd) { return IsListening(fd) && IsNamed(fd, path); });
  if (holder == LogHolder::kFeed) {
    if (taken.is_open()) return taken;
    return Open(path);
  }
  if (!taken.is_open())
    return Fail(ErrorCode::kDenied, fmt::format("The log socket {} cannot be shared with the process {}.", path, other));
  // Listening again makes us the process that the next one asks: we live longer than the daemon.
  ::listen(taken.get(), kWaitingMax);
  return taken;
}

}  // namespace tuesday::haproxy
