// SPDX-License-Identifier: Apache-2.0
// Addresses of unix sockets in folders whose path may be longer than the 107 bytes that an address holds.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::supervise {

// Keep it until bind or connect has returned: a long path leads through its folder's descriptor.
struct UnixAddress {
  sockaddr_un address{};
  files::Fd folder;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  socklen_t size() const { return sizeof address; }
};

Result<UnixAddress> MakeUnixAddress(const std::string& path);

}  // namespace tuesday::supervise
