// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/session/peer.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>

namespace tuesday::http {

std::optional<Peer> PeerOf(int descriptor, int family) {
  if (family != AF_UNIX) return std::nullopt;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return Peer{credentials.uid, credentials.gid, credentials.pid};
}

std::string RemoteOf(int descriptor, int family) {
  if (family == AF_UNIX) return {};
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  return getnameinfo(any, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) == 0 ? host.data() : std::string();
}

}  // namespace tuesday::http
