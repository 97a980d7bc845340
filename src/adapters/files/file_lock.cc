// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "adapters/files/files.h"

namespace tuesday::files {
namespace {

struct flock WholeFile() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Result<FileLock> FileLock::Acquire(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return std::unexpected(SystemError("cannot open", path, errno));
  struct flock lock = WholeFile();
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return std::unexpected(SystemError("cannot lock", path, errno));
    return Fail(ErrorCode::kConflict, "'" + path + "' is locked by another process.");
  }
  return FileLock(std::move(fd));
}

bool FileLock::IsHeld(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return false;
  struct flock lock = WholeFile();
  return ::fcntl(fd.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Result<FileLock> LockStateFolder(const std::string& folder) {
  TRY_OK(MakeFolders(folder, 0711));
  auto lock = FileLock::Acquire(folder + "/lock");
  if (!lock.has_value() && lock.error().code == ErrorCode::kConflict) {
    return Fail(ErrorCode::kConflict, "Another daemon works on the state folder '" + folder + "'.",
                "Stop it first, or give this one another folder.");
  }
  return lock;
}

}  // namespace tuesday::files
