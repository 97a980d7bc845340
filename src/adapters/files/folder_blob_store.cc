// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/folder_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::files {
namespace {

constexpr std::size_t kBlobBytesMax = std::size_t{1} << 30;
constexpr std::size_t kDigestDigits = 64;

}  // namespace

std::string FolderBlobStore::PathOf(std::string_view digest) const {
  return folder_ + "/sha256/" + std::string(digest.substr(0, 2)) + "/" + std::string(digest);
}

Result<std::string> FolderBlobStore::Put(std::string_view bytes) {
  if (bytes.size() > kBlobBytesMax) {
    return Fail(ErrorCode::kLimit, "A blob of " + std::to_string(bytes.size()) + " bytes is larger than the store takes.");
  }
  std::string digest = Sha256Hex(bytes);
  const std::string path = PathOf(digest);
  const std::scoped_lock lock(mutex_);
  // One that is there is read, not trusted: a damaged blob is mended by storing it again.
  if (Get(digest).has_value() && ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) return digest;
  TRY_OK(MakeFolders(path.substr(0, path.rfind('/')), 0711));
  TRY_OK(WriteFileDurably(path, bytes, 0600));
  return digest;
}

Result<std::string> FolderBlobStore::Get(std::string_view digest) {
  const bool is_digest = digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!is_digest || !Exists(PathOf(digest))) {
    return Fail(ErrorCode::kNotFound, "The blob '" + std::string(digest) + "' is not in the store.");
  }
  TRY(std::string bytes, ReadFile(PathOf(digest), kBlobBytesMax));
  if (Sha256Hex(bytes) != digest) {
    return Fail(ErrorCode::kCorrupt, "The blob '" + std::string(digest) + "' no longer has its digest.");
  }
  return bytes;
}

Result<Swept> FolderBlobStore::Sweep(const std::set<std::string>& used, std::chrono::system_clock::time_point before) {
  namespace fs = std::filesystem;
  Swept swept;
  std::error_code error;
  fs::recursive_directory_iterator at(folder_ + "/sha256", fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() != kDigestDigits || used.contains(name)) continue;
    const std::scoped_lock lock(mutex_);
    struct stat facts{};
    if (::stat(at->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    if (std::chrono::system_clock::from_time_t(facts.st_mtime) >= before) continue;
    if (::unlink(at->path().c_str()) != 0) continue;
    ++swept.blobs;
    swept.bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Fail(ErrorCode::kUnavailable, "The blobs cannot be listed: " + error.message() + ".");
  }
  return swept;
}

}  // namespace tuesday::files
