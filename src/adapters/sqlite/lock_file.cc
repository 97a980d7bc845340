// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tuesday::sqlite {
namespace {

std::string HolderText(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t length = pread(descriptor, text.data(), text.size() - 1, 0);
  std::string_view pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  if (const std::size_t end = pid.find('\n'); end != std::string_view::npos) pid = pid.substr(0, end);
  return pid.empty() ? "another process" : fmt::format("process {}", pid);
}

}  // namespace

Result<LockFile> LockFile::Take(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Fail(errno == EACCES ? ErrorCode::kDenied : ErrorCode::kUnavailable,
                fmt::format("The lock file {} cannot be opened: {}.", path, std::strerror(errno)));
  }
  LockFile lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Fail(ErrorCode::kConflict, fmt::format("The state folder is in use by {} (lock {}).", HolderText(descriptor), path),
                "Stop that daemon first, or give another folder with --state.");
  }
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    // The lock holds without the pid, which is only a courtesy to whoever is refused: a full disk must not stop a start.
    return lock;
  }
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tuesday::sqlite
