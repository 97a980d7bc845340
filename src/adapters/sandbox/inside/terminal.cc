// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

union Control {
  cmsghdr header;  // For its alignment.
  char bytes[CMSG_SPACE(sizeof(int))];
};

Result<files::Fd> Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Fail(ErrorCode::kInvalid, "The path of the terminal's socket is too long.");
  path.copy(address.sun_path, path.size());
  files::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(files::SystemError("cannot connect to", path, errno));
  return socket;
}

Result<void> HandOver(int socket, int near_end) {
  char byte = 't';
  iovec part{&byte, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &near_end, sizeof near_end);
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) == 1) return {};
  return std::unexpected(files::SystemError("cannot hand over", "the terminal", errno));
}

}  // namespace

Result<void> RunTerminal(const std::string& socket, const std::string& start_file) {
  TRY(files::Fd connection, Connect(socket));
  files::Fd near_end(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  const bool made = near_end.is_open() && ::grantpt(near_end.get()) == 0 && ::unlockpt(near_end.get()) == 0;
  const int far_end = made ? ::ioctl(near_end.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY) : -1;
  if (far_end < 0) return std::unexpected(files::SystemError("cannot make", "a terminal", errno));
  ::setsid();  // A step leads a session already; then this changes nothing.
  ::ioctl(far_end, TIOCSCTTY, 0);
  TRY_OK(HandOver(connection.get(), near_end.get()));
  connection.Close();
  near_end.Close();
  for (int number = 0; number <= 2; ++number) ::dup2(far_end, number);
  if (far_end > 2) ::close(far_end);
  ::execlp("bash", "bash", "--rcfile", start_file.c_str(), "-i", nullptr);
  return std::unexpected(files::SystemError("cannot run", "bash", errno));
}

Result<files::Fd> TakeTerminal(int connection) {
  char byte = 0;
  iovec part{&byte, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const ssize_t got = ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  const cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int)))
    return Fail(ErrorCode::kInvalid, "No terminal came out of the place.");
  int near_end = -1;
  std::memcpy(&near_end, CMSG_DATA(header), sizeof near_end);
  files::Fd taken(near_end);
  if (::isatty(near_end) != 1) return Fail(ErrorCode::kInvalid, "What came out of the place is no terminal.");
  return taken;
}

}  // namespace tuesday::sandbox
