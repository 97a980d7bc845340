// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/runtime.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::haproxy {
namespace {

constexpr std::string_view kPrompt = "\n> ";
constexpr std::size_t kChunkBytes = 64 << 10;
constexpr int kListenersMax = 64;

std::unexpected<Error> NoAnswer(std::string_view socket, std::string_view why) {
  return Fail(ErrorCode::kUnavailable, fmt::format("HAProxy did not answer at {}: {}.", socket, why));
}

Result<files::Fd> Connect(const std::string& path, int flags) {
  TRY(const supervise::UnixAddress address, supervise::MakeUnixAddress(path));
  files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd.is_open()) return NoAnswer(path, std::strerror(errno));
  if (::connect(fd.get(), address.get(), address.size()) != 0) return NoAnswer(path, std::strerror(errno));
  return fd;
}

// Waits until `fd` is ready; false at the deadline.
bool WaitFor(int fd, short events, Instant deadline) {
  while (true) {
    const Duration left = deadline - supervise::BootNow();
    if (left <= Duration::zero()) return false;
    pollfd poll{fd, events, 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(left / std::chrono::milliseconds(1)) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// Sends `input` and reads to the end at the same time: HAProxy stops reading while nobody takes its answers.
Result<std::string> Exchange(const std::string& path, std::string_view input, Instant deadline) {
  TRY(const files::Fd fd, Connect(path, SOCK_NONBLOCK));
  std::string output;
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const short events = static_cast<short>(POLLIN | (input.empty() ? 0 : POLLOUT));
    if (!WaitFor(fd.get(), events, deadline)) return NoAnswer(path, "it took too long");
    if (!input.empty()) {
      const ssize_t sent = ::send(fd.get(), input.data(), input.size(), MSG_NOSIGNAL);
      if (sent > 0) input.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return NoAnswer(path, std::strerror(errno));
    }
    const ssize_t got = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
    if (got == 0) return output;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return NoAnswer(path, std::strerror(errno));
    if (got > 0) output.append(chunk.data(), static_cast<std::size_t>(got));
    if (output.size() > kAnswerBytesMax) {
      return Fail(ErrorCode::kLimit, fmt::format("HAProxy at {} answered with more than {} bytes.", path, kAnswerBytesMax));
    }
  }
}

}  // namespace

Result<std::vector<std::string>> RuntimeApi::Ask(const std::vector<std::string>& commands) const {
  std::string input = "prompt\n";
  for (const std::string& command : commands) input += command + "\n";
  input += "quit\n";
  TRY(const std::string output, Exchange(socket_path_, input, supervise::BootNow() + time_max_));
  std::vector<std::string> answers;
  std::string_view rest = output;
  // A prompt ends each answer, so a cut is seen. The first one answers `prompt` itself.
  for (std::size_t end = rest.find(kPrompt); end != std::string_view::npos; end = rest.find(kPrompt)) {
    std::string_view answer = rest.substr(0, end);
    while (answer.ends_with('\n')) answer.remove_suffix(1);
    answers.emplace_back(answer);
    rest.remove_prefix(end + kPrompt.size());
  }
  if (answers.size() != commands.size() + 1) {
    return NoAnswer(socket_path_, fmt::format("{} answers to {} commands", answers.size(), commands.size() + 1));
  }
  answers.erase(answers.begin());
  return answers;
}

Result<std::vector<files::Fd>> RuntimeApi::TakeListeners() const {
  // The protocol between an old HAProxy and a new one (sock_get_old_sockets): a count, then descriptors with their names.
  TRY(const files::Fd fd, Connect(socket_path_, 0));
  const timeval wait{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  constexpr std::string_view kCommand = "_getsocks\n";
  if (::send(fd.get(), kCommand.data(), kCommand.size(), MSG_NOSIGNAL) < 0) return NoAnswer(socket_path_, std::strerror(errno));
  int count = 0;
  if (::recv(fd.get(), &count, sizeof count, MSG_WAITALL) != sizeof count || count < 0 || count > kListenersMax) {
    return NoAnswer(socket_path_, "it gave no listening sockets");
  }
  std::vector<files::Fd> taken;
  std::string names(kChunkBytes, '\0');
  while (taken.size() < static_cast<std::size_t>(count)) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kListenersMax)> control{};
    iovec text{names.data(), names.size()};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd.get(), &message, MSG_CMSG_CLOEXEC) <= 0) break;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t received = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < received; ++i) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
        taken.emplace_back(number);
      }
    }
    const int acknowledged = static_cast<int>(taken.size());
    ::send(fd.get(), &acknowledged, sizeof acknowledged, MSG_NOSIGNAL);
  }
  return taken;
}

}  // namespace tuesday::haproxy
