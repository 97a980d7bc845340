// SPDX-License-Identifier: Apache-2.0
#include "responder.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>

#include "base/check.h"

namespace tuesday::testing {
namespace {

constexpr int kSlowMs = 300;

constexpr std::string_view kSick = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
// The answer to the key of RFC 6455, section 1.3.
constexpr std::string_view kUpgraded =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct Peer {
  std::string input;
  bool is_tunnel = false;
};

void Send(int fd, std::string_view text) {
  [[maybe_unused]] const ssize_t ignored = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

void AnswerRequests(int fd, Peer& peer, const std::string& answer) {
  std::string& input = peer.input;
  for (std::size_t end = input.find("\r\n\r\n"); end != std::string::npos; end = input.find("\r\n\r\n")) {
    const std::string request = input.substr(0, end);
    input.erase(0, end + 4);
    if (request.starts_with("GET /hang")) continue;
    if (request.starts_with("GET /slow")) ::poll(nullptr, 0, kSlowMs);
    if (request.find("pgrade: websocket") != std::string::npos) {
      peer.is_tunnel = true;
      Send(fd, kUpgraded);
      break;
    }
    Send(fd, request.starts_with("GET /sick") ? kSick : std::string_view(answer));
  }
  if (!peer.is_tunnel) return;
  Send(fd, input);
  input.clear();
}

}  // namespace

void RunResponder(int port, const std::string& name) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "the responder's port is taken");
  ::listen(listener, SOMAXCONN);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLIN, {.fd = listener}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(name.size()) + "\r\n\r\n" + name;
  std::map<int, Peer> peers;
  std::array<epoll_event, 64> events;
  std::array<char, 16384> buffer;
  while (true) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int fresh = ::accept(listener, nullptr, nullptr);
        epoll_event more{EPOLLIN, {.fd = fresh}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fresh, &more);
        continue;
      }
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        ::close(fd);
        peers.erase(fd);
        continue;
      }
      peers[fd].input.append(buffer.data(), static_cast<std::size_t>(got));
      AnswerRequests(fd, peers[fd], answer);
    }
  }
}

}  // namespace tuesday::testing
