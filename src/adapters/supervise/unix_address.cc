// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/unix_address.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/files.h"

namespace tuesday::supervise {

Result<UnixAddress> MakeUnixAddress(const std::string& path) {
  UnixAddress made;
  made.address.sun_family = AF_UNIX;
  std::string text = path;
  if (text.size() >= sizeof made.address.sun_path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return Fail(ErrorCode::kInvalid, "The socket's name '" + path + "' is too long.");
    const std::string folder = path.substr(0, slash);
    made.folder = files::Fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!made.folder.is_open()) return std::unexpected(files::SystemError("cannot open", folder, errno));
    text = "/proc/self/fd/" + std::to_string(made.folder.get()) + path.substr(slash);
    if (text.size() >= sizeof made.address.sun_path) {
      return Fail(ErrorCode::kInvalid, "The socket's name '" + path + "' is too long.");
    }
  }
  std::memcpy(made.address.sun_path, text.c_str(), text.size() + 1);
  return made;
}

}  // namespace tuesday::supervise
