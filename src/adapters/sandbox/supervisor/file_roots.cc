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
files::Fd OpenBelow(int folder, const std::string& relative, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return files::Fd(static_cast<int>(::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how)));
}

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

}  // namespace tuesday::sandbox
