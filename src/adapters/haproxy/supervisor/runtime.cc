// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/runtime.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::haproxy {
namespace {

constexpr std::string_view kPrompt = "\n> ";
constexpr std::size_t kChunkBytes = 64 << 10;

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

Result<RuntimeSession> RuntimeApi::Open() const {
  TRY(files::Fd fd, Connect(socket_path_, SOCK_NONBLOCK));
  RuntimeSession session(std::move(fd));
  TRY_OK(session.Ask("prompt"));
  return session;
}

Result<std::string> RuntimeSession::Ask(const std::string& command, Duration time_max) {
  const Instant deadline = supervise::BootNow() + time_max;
  const std::string line = command + "\n";
  if (::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return NoAnswer("its open connection", std::strerror(errno));
  }
  std::string answer;
  std::string chunk(kChunkBytes, '\0');
  while (!answer.ends_with(kPrompt)) {
    if (!WaitFor(fd_.get(), POLLIN, deadline)) return NoAnswer("its open connection", "it took too long");
    const ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0 || answer.size() > kAnswerBytesMax) return NoAnswer("its open connection", "it was cut");
    answer.append(chunk.data(), static_cast<std::size_t>(got));
  }
  answer.resize(answer.size() - kPrompt.size());
  return answer;
}

}  // namespace tuesday::haproxy
