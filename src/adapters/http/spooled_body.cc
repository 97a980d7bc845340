// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/spooled_body.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "adapters/files/files.h"

namespace tuesday::http {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr std::uint64_t kCloseHereBytes = 8 << 20;
constexpr std::size_t kCopyBytes = 256 << 10;  // Of one read.

// A file system that cannot have files without names gets one whose name is taken away at once.
files::Fd OpenNameless(const std::string& folder) {
  files::Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kFileMode));
  if (file.is_open() || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string path = folder + "/body-XXXXXX";
  files::Fd named(::mkostemp(path.data(), O_CLOEXEC));
  if (named.is_open()) ::unlink(path.c_str());
  return named;
}

bool IsFull(int errno_value) { return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG; }

std::unexpected<Error> CannotKeep(const std::string& folder, int errno_value) {
  if (IsFull(errno_value)) {
    return Fail(ErrorCode::kLimit, fmt::format("There is no room in {} for the body of a request.", folder),
                "Make room on that disk and send it again.");
  }
  return std::unexpected(files::SystemError("cannot keep the body of a request in", folder, errno_value));
}

}  // namespace

Result<std::shared_ptr<SpooledBody>> SpooledBody::Create(const std::string& folder) {
  TRY_OK(files::MakeFolders(folder, kFolderMode));
  files::Fd file = OpenNameless(folder);
  if (!file.is_open()) return CannotKeep(folder, errno);
  return std::shared_ptr<SpooledBody>(new SpooledBody(std::move(file), folder));
}

// Whoever answers a request lets go on the loop's thread, and a gigabyte takes 0.2 s.
SpooledBody::~SpooledBody() {
  if (bytes_ <= kCloseHereBytes) return;
  try {
    std::thread([file = std::move(file_)]() mutable { file.Close(); }).detach();
  } catch (const std::system_error&) {
    // No thread is to be had: then here.
  }
}

Result<void> SpooledBody::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(bytes_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return CannotKeep(folder_, written < 0 ? errno : ENOSPC);
    bytes_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string SpooledBody::PathOfDescriptor() const { return fmt::format("/proc/self/fd/{}", file_.get()); }

Result<files::Fd> SpooledBody::Open() const {
  files::Fd file(::open(PathOfDescriptor().c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::unexpected(files::SystemError("cannot read the body of a request in", folder_, errno));
  return file;
}

Result<std::string> SpooledBody::Read(std::uint64_t bytes_max) const {
  if (bytes_ > bytes_max) {
    return Fail(ErrorCode::kLimit, fmt::format("The body has {} bytes; at most {} are taken.", bytes_, bytes_max));
  }
  std::string all(bytes_, '\0');
  std::uint64_t at = 0;
  while (at < bytes_) {
    const ssize_t read = ::pread(file_.get(), all.data() + at, bytes_ - at, static_cast<off_t>(at));
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return std::unexpected(files::SystemError("cannot read the body of a request in", folder_, errno));
    at += static_cast<std::uint64_t>(read);
  }
  return all;
}

Result<void> SpooledBody::Keep(const std::string& path) const {
  if (::linkat(AT_FDCWD, PathOfDescriptor().c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno == EEXIST) return Fail(ErrorCode::kConflict, fmt::format("{} is there already.", path));
  // Another file system, or a file whose name was taken away (see OpenNameless).
  if (errno == EXDEV || errno == ENOENT) return CopyTo(path);
  return std::unexpected(files::SystemError("cannot write", path, errno));
}

Result<void> SpooledBody::CopyTo(const std::string& path) const {
  const files::Fd target(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!target.is_open()) return std::unexpected(files::SystemError("cannot write", path, errno));
  std::string piece(std::min<std::uint64_t>(bytes_, kCopyBytes), '\0');
  for (std::uint64_t at = 0; at < bytes_;) {
    const ssize_t read = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    const ssize_t written =
        read > 0 ? ::pwrite(target.get(), piece.data(), static_cast<std::size_t>(read), static_cast<off_t>(at)) : read;
    if (written <= 0) {
      const int error = errno;
      ::unlink(path.c_str());
      return std::unexpected(files::SystemError("cannot write", path, error));
    }
    at += static_cast<std::uint64_t>(written);
  }
  return {};
}

}  // namespace tuesday::http
