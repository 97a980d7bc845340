// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/port_reservation.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool Bind(int fd, std::uint16_t port) {
  const sockaddr_in address = Loopback(port);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<PortReservation> ReservePort(std::uint16_t wanted) {
  files::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot make", "a socket", errno));
  const int on = 1;
  // A port that we had before may still have connections in TIME_WAIT: those need SO_REUSEADDR before bind. A fresh one must be
  // chosen without it, or the kernel could choose another instance's.
  if (wanted != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (Bind(fd.get(), wanted)) return PortReservation{std::move(fd), wanted};
    return ReservePort(0);
  }
  if (!Bind(fd.get(), 0)) return std::unexpected(files::SystemError("cannot bind", "a port of 127.0.0.1", errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  return PortReservation{std::move(fd), ntohs(bound.sin_port)};
}

}  // namespace tuesday::process
