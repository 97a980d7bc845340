// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/forward.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "adapters/supervise/unix_address.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kFlowBytesMax = 256 << 10;

bool IsRetry() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

files::Fd ConnectTo(const std::string& path) {
  const auto address = supervise::MakeUnixAddress(path);
  files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!address.has_value() || !fd.is_open()) return {};
  return ::connect(fd.get(), address->get(), address->size()) == 0 ? std::move(fd) : files::Fd();
}

}  // namespace

Forward::Forward(supervise::PollLoop& loop, files::Fd listener, const std::string& socket_path)
    : Forward(loop, std::move(listener), [socket_path] { return ConnectTo(socket_path); }) {}

Forward::Forward(supervise::PollLoop& loop, files::Fd listener, std::function<files::Fd()> connect)
    : loop_(loop), listener_(std::move(listener)), connect_(std::move(connect)) {
  loop_.Watch(listener_.get(), POLLIN, [this](short) { Accept(); });
}

Forward::~Forward() {
  loop_.Unwatch(listener_.get());
  while (!pairs_.empty()) Drop(pairs_.begin()->first);
}

void Forward::Accept() {
  files::Fd inner(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!inner.is_open() || pairs_.size() >= kForwardsMax) return;
  files::Fd outer = connect_();
  if (!outer.is_open()) return;  // The job sees its connection closed, as of a service that is down.
  const int serial = ++serial_;
  Pair& pair = pairs_[serial];
  pair.inner = std::move(inner);
  pair.outer = std::move(outer);
  Watch(serial, pair);
}

void Forward::Watch(int serial, Pair& pair) {
  const auto events = [](const Flow& in, const Flow& out) {
    return static_cast<short>((!in.ended && in.bytes.size() < kFlowBytesMax ? POLLIN : 0) | (out.bytes.empty() ? 0 : POLLOUT));
  };
  const auto serve = [this, serial](short) { Serve(serial); };
  const auto watch = [&](int fd, short wanted) {
    // One that hung up would call without end.
    wanted == 0 ? loop_.Unwatch(fd) : loop_.Watch(fd, wanted, serve);
  };
  watch(pair.inner.get(), events(pair.up, pair.down));
  watch(pair.outer.get(), events(pair.down, pair.up));
}

void Forward::Serve(int serial) {
  const auto found = pairs_.find(serial);
  if (found == pairs_.end()) return;
  if (Move(found->second)) {
    Watch(serial, found->second);
  } else {
    Drop(serial);
  }
}

// False when the connection is over.
bool Forward::Move(Pair& pair) {
  const auto flow = [](int from, int to, Flow& one) {
    char buffer[65536];
    while (!one.ended && one.bytes.size() < kFlowBytesMax) {
      const ssize_t got = ::recv(from, buffer, sizeof buffer, 0);
      if (got > 0) {
        one.bytes.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      if (got < 0 && IsRetry()) break;
      if (got < 0) return false;
      one.ended = true;
    }
    std::size_t sent_all = 0;
    while (sent_all < one.bytes.size()) {
      const ssize_t sent = ::send(to, one.bytes.data() + sent_all, one.bytes.size() - sent_all, MSG_NOSIGNAL);
      if (sent < 0 && IsRetry()) break;
      if (sent <= 0) return false;
      sent_all += static_cast<std::size_t>(sent);
    }
    one.bytes.erase(0, sent_all);
    if (one.ended && one.bytes.empty() && !one.told_end) {
      ::shutdown(to, SHUT_WR);
      one.told_end = true;
    }
    return true;
  };
  if (!flow(pair.inner.get(), pair.outer.get(), pair.up) || !flow(pair.outer.get(), pair.inner.get(), pair.down)) return false;
  return !pair.up.told_end || !pair.down.told_end;
}

void Forward::Drop(int serial) {
  const auto found = pairs_.find(serial);
  if (found == pairs_.end()) return;
  loop_.Unwatch(found->second.inner.get());
  loop_.Unwatch(found->second.outer.get());
  pairs_.erase(found);
}

}  // namespace tuesday::sandbox
