// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "adapters/files/fd.h"

namespace tuesday::files {
namespace {

ErrorCode CodeOf(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR: return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::kDenied;
    case EEXIST: return ErrorCode::kConflict;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EIO: return ErrorCode::kUnavailable;
    default: return ErrorCode::kInternal;
  }
}

std::string HintOf(int errno_value) {
  if (errno_value == ENOSPC || errno_value == EDQUOT) return "The disk is full: free some space, then it goes on.";
  if (errno_value == EROFS) return "The file system is read-only.";
  return {};
}

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

enum class Durable { kNo, kYes };

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(SystemError("cannot write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> FillFile(const std::string& path, std::string_view bytes, mode_t mode, Durable durable) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd.is_open()) return std::unexpected(SystemError("cannot create", path, errno));
  // The mode shall not depend on the umask.
  if (::fchmod(fd.get(), mode) != 0) return std::unexpected(SystemError("cannot set the mode of", path, errno));
  TRY_OK(WriteAll(fd.get(), bytes, path));
  if (durable == Durable::kYes && ::fsync(fd.get()) != 0) {
    return std::unexpected(SystemError("cannot sync", path, errno));
  }
  return {};
}

Result<void> Replace(const std::string& path, std::string_view bytes, mode_t mode, Durable durable) {
  static std::atomic<std::uint64_t> serial{0};
  const std::string temporary = path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(serial.fetch_add(1));
  auto done = FillFile(temporary, bytes, mode, durable);
  if (done.has_value() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    done = std::unexpected(SystemError("cannot replace", path, errno));
  }
  if (!done.has_value()) {
    ::unlink(temporary.c_str());
    return done;
  }
  return durable == Durable::kYes ? SyncFolder(FolderOf(path)) : Result<void>{};
}

}  // namespace

Error SystemError(std::string_view what, std::string_view path, int errno_value) {
  std::string message = "We ";
  message += what;
  message += " '";
  message += path;
  message += "': ";
  message += std::strerror(errno_value);
  message += ".";
  return Error{CodeOf(errno_value), std::move(message), HintOf(errno_value)};
}

Result<void> WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode) {
  return Replace(path, bytes, mode, Durable::kYes);
}

Result<void> ReplaceFile(const std::string& path, std::string_view bytes, mode_t mode) {
  return Replace(path, bytes, mode, Durable::kNo);
}

Result<std::string> ReadFile(const std::string& path, std::size_t bytes_max) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::unexpected(SystemError("cannot read", path, errno));
  std::string bytes;
  struct stat facts{};
  if (::fstat(fd.get(), &facts) == 0 && facts.st_size > 0) {
    bytes.reserve(std::min(static_cast<std::size_t>(facts.st_size), bytes_max) + 1);
  }
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(SystemError("cannot read", path, errno));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > bytes_max) {
      return Fail(ErrorCode::kLimit, "'" + path + "' is larger than " + std::to_string(bytes_max) + " bytes.");
    }
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<void> MakeFolders(const std::string& path, mode_t mode) {
  if (path.empty() || path == "/") return {};
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return {};
    return Fail(ErrorCode::kConflict, "'" + path + "' is there and is no folder.");
  }
  TRY_OK(MakeFolders(FolderOf(path) == "." ? "" : FolderOf(path), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return std::unexpected(SystemError("cannot make the folder", path, errno));
  }
  return {};
}

Result<void> RemoveTree(const std::string& path) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return std::unexpected(SystemError("cannot look at", path, errno));
  }
  if (!S_ISDIR(facts.st_mode)) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return std::unexpected(SystemError("cannot remove", path, errno));
  }
  ::chmod(path.c_str(), 0700);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
    TRY_OK(RemoveTree(entry.path().string()));
  }
  if (failed) return std::unexpected(SystemError("cannot list", path, failed.value()));
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(SystemError("cannot remove", path, errno));
}

Result<void> SyncFolder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return std::unexpected(SystemError("cannot sync", path, errno));
  return {};
}

Result<std::uint64_t> FreeBytes(const std::string& path) {
  struct statvfs facts{};
  if (::statvfs(path.c_str(), &facts) != 0) return std::unexpected(SystemError("cannot look at", path, errno));
  return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), [](DIR* open) { return ::closedir(open); });
  if (listing == nullptr) return names;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

bool Exists(const std::string& path) {
  struct stat facts{};
  return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace tuesday::files
