// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/message.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kDescriptorsMax = 4;
constexpr std::int64_t kPayloadBytesMax = 64 << 20;

Result<void> WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(files::SystemError("cannot write", "a payload", errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

// All descriptors that came with a message, ours or not: none may stay open unseen.
std::vector<files::Fd> TakeDescriptors(msghdr& header) {
  std::vector<files::Fd> taken;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      taken.emplace_back(fd);
    }
  }
  return taken;
}

}  // namespace

Result<std::pair<files::Fd, files::Fd>> MakeMessagePair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(files::SystemError("cannot make", "a pair of sockets", errno));
  }
  return std::pair(files::Fd(ends[0]), files::Fd(ends[1]));
}

Result<void> Send(int socket, const Message& message, const std::vector<int>& descriptors) {
  Message bytes = message;
  iovec part{&bytes, sizeof bytes};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  if (!descriptors.empty() && descriptors.size() <= kDescriptorsMax) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
  }
  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof bytes)) return {};
    if (errno != EINTR) return Fail(ErrorCode::kUnavailable, "The runner in the sandbox does not take a message.");
  }
}

Result<Received> Receive(int socket) {
  Received received;
  iovec part{&received.message, sizeof received.message};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fail(ErrorCode::kNotFound, "There is no message.");
  if (got <= 0) return Fail(ErrorCode::kUnavailable, "The other side of the sandbox is gone.");
  received.descriptors = TakeDescriptors(header);
  if (got != static_cast<ssize_t>(sizeof received.message)) return Fail(ErrorCode::kInvalid, "A message has another size.");
  return received;
}

Result<files::Fd> MakePayload(const std::vector<std::string>& strings) {
  std::string bytes;
  for (const std::string& one : strings) {
    const auto length = static_cast<std::uint32_t>(one.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += one;
  }
  files::Fd payload(::memfd_create("order", MFD_CLOEXEC));
  if (!payload.is_open()) return std::unexpected(files::SystemError("cannot make", "a memory file", errno));
  TRY_OK(WriteAll(payload.get(), bytes));
  return payload;
}

Result<std::vector<std::string>> ReadPayload(int payload) {
  struct stat facts{};
  if (::fstat(payload, &facts) != 0 || facts.st_size > kPayloadBytesMax) {
    return Fail(ErrorCode::kInvalid, "A payload cannot be read.");
  }
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  if (::pread(payload, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return Fail(ErrorCode::kInvalid, "A payload cannot be read.");
  }
  std::vector<std::string> strings;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint32_t length = 0;
    if (bytes.size() - at < sizeof length) return Fail(ErrorCode::kInvalid, "A payload is cut short.");
    std::memcpy(&length, bytes.data() + at, sizeof length);
    at += sizeof length;
    if (bytes.size() - at < length) return Fail(ErrorCode::kInvalid, "A payload is cut short.");
    strings.push_back(bytes.substr(at, length));
    at += length;
  }
  return strings;
}

}  // namespace tuesday::sandbox
