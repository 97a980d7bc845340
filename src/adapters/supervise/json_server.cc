// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/json_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "adapters/files/files.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::supervise {
namespace {

constexpr int kBacklog = 16;

bool IsRetry(int errno_value) { return errno_value == EAGAIN || errno_value == EWOULDBLOCK || errno_value == EINTR; }

Result<void> CheckProtocol(const Json& request) {
  const std::int64_t theirs = request.At("protocol").IntOr(0);
  // A newer caller is answered too: it asks for what both know, and sees our number in the answer.
  if (theirs >= kProtocolOldest && theirs <= kProtocol + 1) return {};
  return Fail(ErrorCode::kUnsupported, "This supervisor speaks the protocols " + std::to_string(kProtocolOldest) + " to " +
                                           std::to_string(kProtocol) + ", not " + std::to_string(theirs) + ".");
}

}  // namespace

Json::Object OkAnswer() { return {{"ok", true}, {"protocol", kProtocol}}; }

Json ErrorAnswer(const Error& error) {
  return Json::Object{
      {"error", Json::Object{{"code", ErrorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}}},
      {"protocol", kProtocol}};
}

JsonServer::JsonServer(PollLoop& loop, files::Fd listener, LaterHandler handler)
    : loop_(loop), listener_(std::move(listener)), handler_(std::move(handler)), is_here_(std::make_shared<bool>(true)) {
  loop_.Watch(listener_.get(), POLLIN, [this](short) { Accept(); });
}

Result<std::unique_ptr<JsonServer>> JsonServer::Listen(PollLoop& loop, const std::string& socket_path, Handler handler) {
  return ListenLater(loop, socket_path,
                     [handler = std::move(handler)](const Json& request, const Reply& reply) { reply(handler(request)); });
}

Result<std::unique_ptr<JsonServer>> JsonServer::ListenLater(PollLoop& loop, const std::string& socket_path,
                                                            LaterHandler handler) {
  ::unlink(socket_path.c_str());
  TRY(const UnixAddress address, MakeUnixAddress(socket_path));
  files::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.is_open()) return std::unexpected(files::SystemError("cannot make", "a socket", errno));
  // Before bind, so that the socket never exists with a wider mode.
  ::fchmod(listener.get(), 0600);
  if (::bind(listener.get(), address.get(), address.size()) != 0 || ::listen(listener.get(), kBacklog) != 0) {
    return std::unexpected(files::SystemError("cannot listen at", socket_path, errno));
  }
  return std::unique_ptr<JsonServer>(new JsonServer(loop, std::move(listener), std::move(handler)));
}

JsonServer::~JsonServer() {
  loop_.Unwatch(listener_.get());
  while (!clients_.empty()) Drop(clients_.begin()->first);
}

void JsonServer::Accept() {
  files::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.is_open() || clients_.size() >= kClientsMax) return;
  const int number = fd.get();
  Client& client = clients_[number];
  client.fd = std::move(fd);
  client.serial = ++serial_;
  Rearm(client);
}

void JsonServer::Rearm(Client& client) {
  const int fd = client.fd.get();
  const auto events = static_cast<short>((client.ending || client.input.size() > kLineBytesMax ? 0 : POLLIN) |
                                         (client.output.empty() ? 0 : POLLOUT));
  loop_.Watch(fd, events, [this, fd](short revents) { Serve(fd, revents); });
  loop_.Cancel(client.stalled);
  client.stalled = 0;
  if (!client.input.empty() || !client.output.empty()) {
    client.stalled = loop_.After(kStalledClientTime, [this, fd] { Drop(fd); });
  }
}

void JsonServer::Serve(int fd, short revents) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if ((revents & (POLLIN | POLLHUP)) != 0 && !client.ending) Read(client);
  if ((revents & POLLERR) != 0) client.ending = true;
  Settle(client);
}

void JsonServer::Settle(Client& client) {
  const int fd = client.fd.get();
  // An answer to one client may give another its own, which is then settled within this one.
  const int outer = std::exchange(answering_, fd);
  AnswerLines(client);
  answering_ = outer;
  Write(client);
  // Who hung up waits for nothing.
  if (client.ending && client.output.empty()) {
    Drop(fd);
  } else {
    Rearm(client);
  }
}

void JsonServer::Read(Client& client) {
  char buffer[16384];
  const ssize_t got = ::recv(client.fd.get(), buffer, sizeof buffer, 0);
  if (got < 0 && IsRetry(errno)) return;
  if (got <= 0) {
    client.ending = true;
    return;
  }
  client.input.append(buffer, static_cast<std::size_t>(got));
}

void JsonServer::AnswerLines(Client& client) {
  std::size_t begin = 0;
  if (client.waiting) return;
  while (!client.waiting) {
    const std::size_t end = client.input.find('\n', std::max(begin, client.scanned));
    if (end == std::string::npos || end - begin > kLineBytesMax) break;
    Answer(client, std::string_view(client.input).substr(begin, end - begin));
    begin = end + 1;
  }
  client.input.erase(0, begin);
  client.scanned = client.waiting ? 0 : client.input.size();
  if (client.input.size() > kLineBytesMax) {
    const Error error{ErrorCode::kLimit, "A request is longer than " + std::to_string(kLineBytesMax) + " bytes.", {}};
    client.output += CanonicalJson(ErrorAnswer(error)) + "\n";
    client.input.clear();
    client.scanned = 0;
    client.ending = true;
  }
}

void JsonServer::Answer(Client& client, std::string_view line) {
  const auto request = ParseJson(line);
  if (!request.has_value()) {
    client.output += CanonicalJson(ErrorAnswer(request.error())) + "\n";
  } else if (const auto spoken = CheckProtocol(*request); !spoken.has_value()) {
    client.output += CanonicalJson(ErrorAnswer(spoken.error())) + "\n";
  } else {
    client.waiting = true;
    handler_(*request, ReplyTo(client));
  }
}

JsonServer::Reply JsonServer::ReplyTo(const Client& client) {
  return [this, here = std::weak_ptr<bool>(is_here_), fd = client.fd.get(), serial = client.serial](const Json& answer) {
    if (here.expired()) return;
    const auto found = clients_.find(fd);
    if (found == clients_.end() || found->second.serial != serial || !found->second.waiting) return;
    found->second.output += CanonicalJson(answer) + "\n";
    found->second.waiting = false;
    if (answering_ != fd) Settle(found->second);
  };
}

void JsonServer::Write(Client& client) {
  while (!client.output.empty()) {
    const ssize_t sent = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
    if (sent < 0 && IsRetry(errno)) return;
    if (sent <= 0) {
      client.output.clear();
      client.ending = true;
      return;
    }
    client.output.erase(0, static_cast<std::size_t>(sent));
  }
}

void JsonServer::Drop(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  loop_.Unwatch(fd);
  loop_.Cancel(found->second.stalled);
  clients_.erase(found);
}

}  // namespace tuesday::supervise
