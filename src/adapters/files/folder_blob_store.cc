// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/folder_blob_store.h"

#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::files {
namespace {

constexpr std::size_t kBlobBytesMax = std::size_t{1} << 30;

}  // namespace

std::string FolderBlobStore::PathOf(std::string_view digest) const {
  return folder_ + "/sha256/" + std::string(digest.substr(0, 2)) + "/" + std::string(digest);
}

Result<std::string> FolderBlobStore::Put(std::string_view bytes) {
  if (bytes.size() > kBlobBytesMax) {
    return Fail(ErrorCode::kLimit, "A blob of " + std::to_string(bytes.size()) + " bytes is larger than the store takes.");
  }
  std::string digest = Sha256Hex(bytes);
  // One that is there is read, not trusted: a damaged blob is mended by storing it again.
  if (Get(digest).has_value()) return digest;
  const std::string path = PathOf(digest);
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

}  // namespace tuesday::files
