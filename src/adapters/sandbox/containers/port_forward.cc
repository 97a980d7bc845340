// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/port_forward.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/network.h"
#include "adapters/sandbox/supervisor/forward.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {
namespace {

constexpr int kStartPatienceMs = 10'000;

files::Fd ConnectInside(int port) {
  files::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // At once, or never: it is the same machine.
  if (!fd.is_open() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

Result<void> Serve(pid_t network_owner, const std::map<int, int>& forwards, int alive, int ready) {
  ::setsid();
  const std::string path = "/proc/" + std::to_string(network_owner) + "/ns/net";
  const files::Fd space(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space.is_open() || ::setns(space.get(), CLONE_NEWNET) != 0)
    return std::unexpected(files::SystemError("cannot enter", path, errno));
  supervise::PollLoop loop;
  std::vector<std::unique_ptr<Forward>> all;
  for (const auto& [outer, inner] : forwards) {
    TRY(files::Fd listener, ListenOnLoopback(outer));
    all.push_back(std::make_unique<Forward>(loop, std::move(listener), [port = inner] { return ConnectInside(port); }));
  }
  loop.Watch(alive, POLLIN, [&loop](short) { loop.Stop(); });
  if (::write(ready, "+", 1) != 1) return {};
  ::close(ready);
  loop.Run();
  return {};
}

}  // namespace

Result<pid_t> ForwardPorts(pid_t network_owner, const std::map<int, int>& forwards, int alive) {
  TRY(supervise::OutputPipe ready, supervise::MakeOutputPipe());
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", "ports", errno));
  if (child == 0) {
    ::signal(SIGPIPE, SIG_IGN);
    // Nothing of the step's is held: its output ends when the step does.
    const int none = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {0, 1, 2}) ::dup2(none, fd);
    const Result<void> served = Serve(network_owner, forwards, alive, ready.child_end.get());
    if (!served.has_value()) {
      const std::string text = ErrorText(served.error());
      [[maybe_unused]] const ssize_t ignored = ::write(ready.child_end.get(), text.data(), text.size());
    }
    ::_exit(served.has_value() ? 0 : 1);
  }
  ready.child_end.Close();
  pollfd polled{ready.ours.get(), POLLIN, 0};
  char text[1024];
  const ssize_t got = ::poll(&polled, 1, kStartPatienceMs) > 0 ? ::read(ready.ours.get(), text, sizeof text) : 0;
  if (got == 1 && text[0] == '+') return child;
  return Fail(ErrorCode::kUnavailable, "The ports of services cannot be given other numbers: " +
                                           std::string(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0))));
}

}  // namespace tuesday::sandbox
