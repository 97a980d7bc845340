// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/ownership.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr int kDepthMax = 500;

// Takes over the descriptor. Returns an errno.
int GiveFolder(int fd, dev_t device, supervise::UserIds user, int depth) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), [](DIR* open) { return ::closedir(open); });
  if (!listing) {
    ::close(fd);
    return EIO;
  }
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    struct stat facts{};
    if (name == "." || name == ".." || ::fstatat(fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (facts.st_dev != device) continue;
    // A file with a name elsewhere too is not ours to give away.
    const bool has_other_names = !S_ISDIR(facts.st_mode) && facts.st_nlink > 1;
    if (!has_other_names && ::fchownat(fd, entry->d_name, user.uid, user.gid, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    if (!S_ISDIR(facts.st_mode) || depth >= kDepthMax) continue;
    const int inner = ::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0) continue;
    if (const int failed = GiveFolder(inner, device, user, depth + 1); failed != 0) return failed;
  }
  return 0;
}

}  // namespace

Result<supervise::UserIds> OwnerOf(const std::string& path) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot look at", path, errno));
  return supervise::UserIds{facts.st_uid, facts.st_gid};
}

Result<void> GiveTree(const std::string& folder, supervise::UserIds user) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts{};
  if (fd < 0 || ::fstat(fd, &facts) != 0) return std::unexpected(files::SystemError("cannot open", folder, errno));
  const int failed = ::fchown(fd, user.uid, user.gid) != 0 ? errno : 0;
  const int failed_below = GiveFolder(fd, facts.st_dev, user, 0);
  if (failed != 0 || failed_below != 0) {
    return std::unexpected(files::SystemError("cannot give to the place's user", folder, failed != 0 ? failed : failed_below));
  }
  return {};
}

}  // namespace tuesday::sandbox
