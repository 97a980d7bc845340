// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/file_roots.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::sandbox {

namespace {

// Below the folder, over no link that leads out of it.
files::Fd OpenBelow(int folder, const std::string& relative, std::uint64_t flags, std::uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return files::Fd(static_cast<int>(::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how)));
}

std::unexpected<Error> CannotWrite(std::string_view path) {
  return std::unexpected(files::SystemError("cannot write into the place", path, errno));
}

bool Give(int fd, const std::optional<supervise::UserIds>& user) { return !user || ::fchown(fd, user->uid, user->gid) == 0; }

}  // namespace

std::optional<FileRoots::Split> FileRoots::Find(std::string_view path) const {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& root : roots_) {
    const bool fits = path.size() > root.first.size() && path.starts_with(root.first) && path[root.first.size()] == '/';
    if (fits && (best == nullptr || root.first.size() > best->first.size())) best = &root;
  }
  if (best == nullptr) return std::nullopt;
  return Split{best->second, std::string(path.substr(best->first.size() + 1))};
}

Result<std::string> FileRoots::Read(std::string_view path) const {
  const std::string name(path);
  const auto split = Find(path);
  if (!split) return Fail(ErrorCode::kNotFound, "There is no file '" + name + "' in the place.");
  const files::Fd folder(::open(split->folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const files::Fd fd = OpenBelow(folder.get(), split->relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat facts{};
  if (!fd.is_open() || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Fail(ErrorCode::kNotFound, "There is no file '" + name + "' in the place.");
  }
  if (facts.st_size > static_cast<off_t>(workflow::kMatcherFileBytesMax)) {
    return Fail(ErrorCode::kLimit, "The file '" + name + "' is too large.");
  }
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t got = bytes.empty() ? 0 : ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return std::unexpected(files::SystemError("cannot read", name, errno));
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<void> FileRoots::Write(std::string_view path, std::string_view bytes,
                              const std::optional<supervise::UserIds>& user) const {
  const auto split = Find(path);
  if (!split) {
    return Fail(ErrorCode::kInvalid, "The file '" + std::string(path) + "' is in no folder that the place writes.");
  }
  files::Fd folder(::open(split->folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::string left = split->relative;
  for (std::size_t slash = left.find('/'); slash != std::string::npos; slash = left.find('/')) {
    const std::string name = left.substr(0, slash);
    left.erase(0, slash + 1);
    if (name.empty()) continue;
    const bool is_new = ::mkdirat(folder.get(), name.c_str(), 0755) == 0;
    files::Fd inner = OpenBelow(folder.get(), name, O_RDONLY | O_DIRECTORY);
    if (!inner.is_open() || (is_new && !Give(inner.get(), user))) return CannotWrite(path);
    folder = std::move(inner);
  }
  const files::Fd file = OpenBelow(folder.get(), left, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
  if (!file.is_open() || !Give(file.get(), user)) return CannotWrite(path);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return CannotWrite(path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace tuesday::sandbox
