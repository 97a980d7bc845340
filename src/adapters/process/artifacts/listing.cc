// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/artifacts/listing.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

// Paths below the folder, sorted by their bytes.
Result<std::vector<std::string>> PathsIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    paths.push_back(at->path().string().substr(folder.size() + 1));
  }
  if (failed) return std::unexpected(files::SystemError("cannot list", folder, failed.value()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<struct stat> Facts(const std::string& path) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot look at", path, errno));
  if (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode) || S_ISLNK(facts.st_mode)) return facts;
  return Fail(ErrorCode::kInvalid,
              "'" + path + "' is a device, a socket or a pipe; an artifact holds only files, folders and links.");
}

Result<std::string> LinkTarget(const std::string& path) {
  char target[4096];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  if (length < 0) return std::unexpected(files::SystemError("cannot read the link", path, errno));
  return std::string(target, static_cast<std::size_t>(length));
}

Result<std::string> FileDigest(const std::string& path, std::size_t size) {
  if (size == 0) return Sha256Hex("");
  const files::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot read", path, errno));
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (bytes == MAP_FAILED) return std::unexpected(files::SystemError("cannot read", path, errno));
  std::string digest = Sha256Hex(std::string_view(static_cast<const char*>(bytes), size));
  ::munmap(bytes, size);
  return digest;
}

bool IsExecutable(const struct stat& facts) { return (facts.st_mode & 0100) != 0; }

Result<void> CopyFile(const std::string& from, const std::string& to, const struct stat& facts) {
  const files::Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in.is_open()) return std::unexpected(files::SystemError("cannot read", from, errno));
  const files::Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, IsExecutable(facts) ? 0755 : 0644));
  if (!out.is_open()) return std::unexpected(files::SystemError("cannot create", to, errno));
  for (off_t left = facts.st_size; left > 0;) {
    const ssize_t sent = ::sendfile(out.get(), in.get(), nullptr, static_cast<std::size_t>(left));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(files::SystemError("cannot write", to, errno));
    if (sent == 0) return Fail(ErrorCode::kConflict, "'" + from + "' changed while it was copied.", "Try again.");
    left -= sent;
  }
  return {};
}

}  // namespace

Result<std::string> CanonicalListing(const std::string& folder) {
  TRY(const auto paths, PathsIn(folder));
  std::string listing;
  for (const auto& path : paths) {
    const std::string whole = folder + "/" + path;
    TRY(const struct stat facts, Facts(whole));
    if (S_ISDIR(facts.st_mode)) {
      listing += "d 755 0 - " + path + "\n";
    } else if (S_ISLNK(facts.st_mode)) {
      TRY(const std::string target, LinkTarget(whole));
      listing += "l 777 " + std::to_string(target.size()) + " " + Sha256Hex(target) + " " + path + "\n";
    } else {
      TRY(const std::string digest, FileDigest(whole, static_cast<std::size_t>(facts.st_size)));
      listing += std::string("f ") + (IsExecutable(facts) ? "755 " : "644 ") + std::to_string(facts.st_size) + " " + digest +
                 " " + path + "\n";
    }
  }
  return listing;
}

Result<void> CopyTree(const std::string& from, const std::string& to, const ArtifactLimits& limits) {
  TRY(const auto paths, PathsIn(from));
  if (static_cast<std::int64_t>(paths.size()) > limits.entries_max) {
    return Fail(ErrorCode::kLimit, "'" + from + "' has more than " + std::to_string(limits.entries_max) + " entries.");
  }
  std::int64_t bytes = 0;
  for (const auto& path : paths) {
    const std::string source = from + "/" + path;
    const std::string copy = to + "/" + path;
    TRY(const struct stat facts, Facts(source));
    if (S_ISDIR(facts.st_mode)) {
      TRY_OK(files::MakeFolders(copy));
      continue;
    }
    if (S_ISLNK(facts.st_mode)) {
      TRY(const std::string target, LinkTarget(source));
      if (::symlink(target.c_str(), copy.c_str()) != 0) return std::unexpected(files::SystemError("cannot link", copy, errno));
      continue;
    }
    bytes += facts.st_size;
    if (bytes > limits.bytes_max) {
      return Fail(ErrorCode::kLimit, "'" + from + "' holds more than " + std::to_string(limits.bytes_max) + " bytes.");
    }
    TRY_OK(CopyFile(source, copy, facts));
  }
  return {};
}

Result<void> MakeReadOnly(const std::string& folder) {
  TRY(const auto paths, PathsIn(folder));
  for (const auto& path : paths) {
    const std::string whole = folder + "/" + path;
    TRY(const struct stat facts, Facts(whole));
    if (S_ISLNK(facts.st_mode)) continue;
    const mode_t mode = S_ISDIR(facts.st_mode) || IsExecutable(facts) ? 0555 : 0444;
    if (::chmod(whole.c_str(), mode) != 0) return std::unexpected(files::SystemError("cannot set the mode of", whole, errno));
  }
  if (::chmod(folder.c_str(), 0555) != 0) return std::unexpected(files::SystemError("cannot set the mode of", folder, errno));
  return {};
}

}  // namespace tuesday::process
