// SPDX-License-Identifier: Apache-2.0
// The client's side of the protocol in json_server.h.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "adapters/files/files.h"
#include "adapters/supervise/caller.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::supervise {
namespace {

class Connection {
 public:
  Connection(const std::string& path, Instant deadline, files::Fd fd = {})
      : path_(path), deadline_(deadline), fd_(std::move(fd)) {}

  Result<void> Open() {
    TRY(const UnixAddress address, MakeUnixAddress(path_));
    fd_ = files::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_.is_open()) return std::unexpected(files::SystemError("cannot make", "a socket", errno));
    if (::connect(fd_.get(), address.get(), address.size()) == 0) return {};
    return Fail(ErrorCode::kUnavailable, "Nobody answers at '" + path_ + "'.");
  }

  Result<void> Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) return Fail(ErrorCode::kUnavailable, "'" + path_ + "' hung up.");
      TRY_OK(Wait(POLLOUT));
    }
    return {};
  }

  Result<std::string> ReceiveLine() {
    std::string line;
    char buffer[16384];
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got == 0) return Fail(ErrorCode::kUnavailable, "'" + path_ + "' hung up before it answered.");
      if (got < 0 && errno != EAGAIN && errno != EINTR) return Fail(ErrorCode::kUnavailable, "'" + path_ + "' hung up.");
      if (got < 0) {
        TRY_OK(Wait(POLLIN));
        continue;
      }
      line.append(buffer, static_cast<std::size_t>(got));
      if (line.back() == '\n') break;
      if (line.size() > kLineBytesMax) return Fail(ErrorCode::kLimit, "'" + path_ + "' answers too much.");
    }
    line.pop_back();
    return line;
  }

  Result<std::string> Ask(std::string_view request) {
    TRY_OK(Send(request));
    return ReceiveLine();
  }

  bool IsOver() const { return BootNow() >= deadline_; }
  files::Fd TakeFd() { return std::move(fd_); }

 private:
  Result<void> Wait(short events) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - BootNow()).count();
    pollfd polled{fd_.get(), events, 0};
    if (left > 0 && ::poll(&polled, 1, static_cast<int>(std::min<std::int64_t>(left, 3'600'000))) != 0) return {};
    return Fail(ErrorCode::kUnavailable, "'" + path_ + "' does not answer in time.");
  }

  const std::string& path_;
  Instant deadline_;
  files::Fd fd_;
};

}  // namespace

Error ErrorFromAnswer(const Json& error) {
  Error made{ErrorCode::kInternal, error.At("message").StringOr("A supervisor failed and did not say why."),
             error.At("hint").StringOr("")};
  const std::string code = error.At("code").StringOr("");
  for (int candidate = 0; candidate <= static_cast<int>(ErrorCode::kInternal); ++candidate) {
    if (ErrorCodeName(static_cast<ErrorCode>(candidate)) == code) made.code = static_cast<ErrorCode>(candidate);
  }
  return made;
}

namespace {

std::string Line(Json::Object request) {
  request.insert_or_assign("protocol", kProtocol);
  return CanonicalJson(Json(std::move(request))) + "\n";
}

Result<Json> AnswerOf(std::string_view line) {
  TRY(Json answer, ParseJson(line));
  if (!answer.At("error").is_null()) return std::unexpected(ErrorFromAnswer(answer.At("error")));
  return answer;
}

}  // namespace

Result<Json> Call(const std::string& socket_path, Json::Object request, Duration timeout) {
  Connection connection(socket_path, BootNow() + timeout);
  TRY_OK(connection.Open());
  TRY(const std::string line, connection.Ask(Line(std::move(request))));
  return AnswerOf(line);
}

Result<Json> Caller::Call(Json::Object request, Duration timeout) {
  const Instant deadline = BootNow() + timeout;
  const std::string asked = Line(std::move(request));
  for (files::Fd idle = TakeIdle(); idle.is_open(); idle = TakeIdle()) {
    Connection kept(path_, deadline, std::move(idle));
    const Result<std::string> line = kept.Ask(asked);
    if (line.has_value()) {
      Keep(kept.TakeFd());
      return AnswerOf(*line);
    }
    if (kept.IsOver() || line.error().code != ErrorCode::kUnavailable) return std::unexpected(line.error());
  }
  Connection connection(path_, deadline);
  TRY_OK(connection.Open());
  TRY(const std::string line, connection.Ask(asked));
  Keep(connection.TakeFd());
  return AnswerOf(line);
}

files::Fd Caller::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return {};
  files::Fd fd = std::move(idle_.back());
  idle_.pop_back();
  return fd;
}

void Caller::Keep(files::Fd fd) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnectionsMax) idle_.push_back(std::move(fd));
}

}  // namespace tuesday::supervise
