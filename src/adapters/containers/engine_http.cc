// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/engine_http.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::containers {
namespace {

using supervise::BootNow;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr int kNoHttp = 599;  // What came is none.

// False: nothing happened until then.
bool WaitFor(int fd, short events, Instant deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootNow()).count();
    if (left <= 0) return false;
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::unexpected<Error> Silent(const std::string& socket_path) {
  return Fail(ErrorCode::kUnavailable, "The container engine at " + socket_path + " does not answer in time.");
}

Result<files::Fd> Connect(const std::string& socket_path) {
  TRY(const auto address, supervise::MakeUnixAddress(socket_path));
  files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || ::connect(fd.get(), address.get(), address.size()) != 0) {
    return Fail(ErrorCode::kUnavailable, "No container engine listens at " + socket_path + ".",
                "Start it: systemctl start podman.socket (or docker).");
  }
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

Result<void> SendAll(int fd, std::string_view bytes, Instant deadline, const std::string& socket_path) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (!WaitFor(fd, POLLOUT, deadline)) return Silent(socket_path);
    } else {
      return {};  // It has heard enough, and says why.
    }
  }
  return {};
}

// 0: it is none.
int StatusOf(const std::string& text, std::size_t head_end) {
  const std::size_t blank = text.find(' ');
  return text.starts_with("HTTP/") && blank < head_end ? std::atoi(text.c_str() + blank) : 0;
}

std::string HeadOf(const EngineRequest& request) {
  std::string head = fmt::format("{} {} HTTP/1.0\r\nHost: engine\r\n", request.method, request.target);
  for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + fmt::format("Content-Length: {}\r\n\r\n", request.body.size());
}

}  // namespace

std::string EngineStream::Read() {
  char bytes[65536];
  for (ssize_t got = 0; !ended_ && buffer_.size() < sizeof bytes;) {
    got = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      ended_ = got == 0 || errno != EAGAIN;
      break;
    }
  }
  if (status_ == 0) TakeHead();
  return status_ == 0 ? std::string() : std::exchange(buffer_, {});
}

void EngineStream::TakeHead() {
  const std::size_t end = buffer_.find(kHeadEnd);
  if (end == std::string::npos) {
    ended_ = ended_ || buffer_.size() > kEngineHeadBytesMax;
    return;
  }
  status_ = StatusOf(buffer_, end);
  buffer_.erase(0, end + kHeadEnd.size());
  if (status_ < 200 || status_ >= 400) {
    status_ = status_ == 0 ? kNoHttp : status_;
    buffer_.clear();
    ended_ = true;
  }
}

std::string EngineStream::Await(Duration patience) {
  std::string came = Read();
  if (!came.empty() || ended_ || !WaitFor(fd_.get(), POLLIN, BootNow() + patience)) return came;
  return Read();
}

Result<void> EngineStream::Send(std::string_view bytes, Duration patience) {
  return SendAll(fd_.get(), bytes, BootNow() + patience, "the other end");
}

void EngineStream::EndSending() { ::shutdown(fd_.get(), SHUT_WR); }

Result<std::string> EngineStream::ReadAll(Duration patience) {
  const Instant deadline = BootNow() + patience;
  std::string all;
  while (!ended_) {
    all += Await(deadline - BootNow());
    if (all.size() > kEngineAnswerBytesMax) return Fail(ErrorCode::kLimit, "The container engine's answer is too long.");
    if (!ended_ && BootNow() >= deadline) return Fail(ErrorCode::kUnavailable, "The container engine's answer does not end.");
  }
  return all;
}

Result<EngineStream> EngineHttp::Open(const EngineRequest& request, Duration patience) const {
  const Instant deadline = BootNow() + patience;
  TRY(files::Fd fd, Connect(socket_path_));
  TRY_OK(SendAll(fd.get(), HeadOf(request), deadline, socket_path_));
  TRY_OK(SendAll(fd.get(), request.body, deadline, socket_path_));
  std::string text;
  std::size_t end = std::string::npos;
  while ((end = text.find(kHeadEnd)) == std::string::npos) {
    if (!WaitFor(fd.get(), POLLIN, deadline)) return Silent(socket_path_);
    char bytes[4096];
    const ssize_t got = ::recv(fd.get(), bytes, sizeof bytes, 0);
    if (got > 0) text.append(bytes, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || text.size() > kEngineHeadBytesMax) {
      return Fail(ErrorCode::kUnavailable, "What listens at " + socket_path_ + " speaks no HTTP.");
    }
  }
  const int status = StatusOf(text, end);
  if (status == 0) return Fail(ErrorCode::kUnavailable, "What listens at " + socket_path_ + " speaks no HTTP.");
  return EngineStream(std::move(fd), status, text.substr(end + kHeadEnd.size()));
}

Result<EngineStream> EngineHttp::Begin(const EngineRequest& request, Duration patience) const {
  const Instant deadline = BootNow() + patience;
  TRY(files::Fd fd, Connect(socket_path_));
  TRY_OK(SendAll(fd.get(), HeadOf(request), deadline, socket_path_));
  TRY_OK(SendAll(fd.get(), request.body, deadline, socket_path_));
  return EngineStream(std::move(fd));
}

Result<EngineResponse> EngineHttp::Call(const EngineRequest& request, Duration patience) const {
  const Instant deadline = BootNow() + patience;
  TRY(EngineStream stream, Open(request, patience));
  TRY(std::string body, stream.ReadAll(deadline - BootNow()));
  return EngineResponse{stream.status(), std::move(body)};
}

}  // namespace tuesday::containers
