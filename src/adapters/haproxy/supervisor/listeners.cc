// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/listeners.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "adapters/haproxy/edge/config.h"
#include "adapters/haproxy/supervisor/take_socket.h"

namespace tuesday::haproxy {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<Address> AddressOf(const Listener& listener) {
  Address out;
  auto* four = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (::inet_pton(AF_INET, listener.host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(listener.port);
    out.size = sizeof *four;
  } else if (::inet_pton(AF_INET6, listener.host.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(listener.port);
    out.size = sizeof *six;
  } else {
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is no numeric address to listen on.", listener.host));
  }
  return out;
}

Result<files::Fd> Open(const Listener& listener) {
  TRY(const Address address, AddressOf(listener));
  files::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.size) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    const ErrorCode code = errno == EADDRINUSE ? ErrorCode::kConflict : ErrorCode::kDenied;
    return Fail(code, fmt::format("The edge cannot listen on {}:{}: {}.", listener.host, listener.port, std::strerror(errno)),
                "Another program has the port, or it needs more rights. Set `edge.listen`.");
  }
  return fd;
}

bool IsBoundTo(const files::Fd& fd, const Address& wanted) {
  Address bound;
  bound.size = sizeof bound.storage;
  return ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size) == 0 && bound.size == wanted.size &&
         std::memcmp(&bound.storage, &wanted.storage, wanted.size) == 0 && IsListening(fd);
}

}  // namespace

Result<void> Listeners::Hold(const std::vector<Listener>& wanted, pid_t running) {
  for (const Listener& listener : wanted) {
    if (held_.contains(listener)) continue;
    Result<files::Fd> fd = Open(listener);
    if (!fd && fd.error().code == ErrorCode::kConflict && running > 0) {
      TRY(const Address address, AddressOf(listener));
      // HAProxy does not hand out sockets that it inherited (`expose-fd listeners` leaves them out): we look ourselves.
      files::Fd taken = TakeSocket(running, [&](const files::Fd& theirs) { return IsBoundTo(theirs, address); });
      if (taken.is_open()) fd = std::move(taken);
    }
    if (!fd) return std::unexpected(fd.error());
    held_.emplace(listener, std::move(*fd));
  }
  return {};
}

void Listeners::Keep(const std::vector<Listener>& wanted) {
  std::erase_if(held_, [&](const auto& entry) { return std::ranges::find(wanted, entry.first) == wanted.end(); });
}

std::map<int, int> Listeners::Descriptors(const std::vector<Listener>& wanted) const {
  std::map<int, int> out;
  int number = kFirstListenerFd;
  for (const Listener& listener : wanted) {
    if (const auto held = held_.find(listener); held != held_.end()) out[number] = held->second.get();
    ++number;
  }
  return out;
}

}  // namespace tuesday::haproxy
