// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/artifacts/artifact_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/process/artifacts/tar_reader.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kArchiveBytesMax = std::size_t{2} << 30;

Result<void> TakeFolder(const std::string& path, const std::string& to, const ArtifactLimits& limits) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot take in", path, errno));
  if (!S_ISDIR(facts.st_mode))
    return Fail(ErrorCode::kInvalid, "'" + path + "' is no folder.", "A packed one is file:PATH.tar.gz.");
  return CopyTree(path, to, limits);
}

Result<void> TakeArchive(std::string path, const std::string& to, const ArtifactLimits& limits) {
  constexpr std::string_view kMark = "@sha256:";
  if (const std::size_t mark = path.rfind(kMark); mark != std::string::npos) {
    const std::string wanted = path.substr(mark + kMark.size());
    path.resize(mark);
    TRY(const std::string bytes, files::ReadFile(path, kArchiveBytesMax));
    if (Sha256Hex(bytes) != wanted) {
      return Fail(ErrorCode::kConflict,
                  "The archive '" + path + "' has the digest " + Sha256Hex(bytes) + ", not " + wanted + ".");
    }
  }
  return UnpackTar(path, to, TarRules::kArchive, limits);
}

Result<void> Take(const std::string& source, const std::string& to, const ArtifactLimits& limits) {
  const std::size_t colon = source.find(':');
  const std::string kind = colon == std::string::npos ? "" : source.substr(0, colon);
  std::string path = source.substr(colon == std::string::npos ? 0 : colon + 1);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (kind == "dir") return TakeFolder(path, to, limits);
  if (kind == "file") return TakeArchive(path, to, limits);
  if (kind == "oci") return UnpackOciLayout(path, to, limits);
  return Fail(ErrorCode::kInvalid, "'" + source + "' is no source of an artifact.",
              "Write dir:PATH, file:PATH.tar.gz or oci:PATH.");
}

Result<std::string> Store(const std::string& made, const std::string& artifacts) {
  TRY(const std::string listing, CanonicalListing(made));
  const std::string digest = Sha256Hex(listing);
  const std::string place = artifacts + "/" + digest;
  if (files::Exists(place)) return digest;
  TRY_OK(MakeReadOnly(made));
  // One sync for all files: a sync for each would take seconds for a large artifact.
  const files::Fd fd(::open(made.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::syncfs(fd.get()) != 0) return std::unexpected(files::SystemError("cannot sync", made, errno));
  // Without the right to write in it a folder cannot change its parent.
  ::chmod(made.c_str(), 0755);
  if (::rename(made.c_str(), place.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY) {
    return std::unexpected(files::SystemError("cannot store", place, errno));
  }
  ::chmod(place.c_str(), 0555);
  TRY_OK(files::SyncFolder(artifacts));
  return digest;
}

}  // namespace

ArtifactFolder::ArtifactFolder(std::string folder, ArtifactLimits limits)
    : artifacts_(std::move(folder) + "/artifacts"), limits_(limits) {}

Result<std::string> ArtifactFolder::TakeIn(const std::string& source) {
  TRY_OK(files::MakeFolders(artifacts_, 0711));
  std::string made = artifacts_ + "/.new-XXXXXX";
  if (::mkdtemp(made.data()) == nullptr)
    return std::unexpected(files::SystemError("cannot make a folder in", artifacts_, errno));
  const auto taken = Take(source, made, limits_);
  auto digest = taken.has_value() ? Store(made, artifacts_) : Result<std::string>(std::unexpected(taken.error()));
  const auto removed = files::RemoveTree(made);
  if (digest.has_value() && !removed.has_value()) return std::unexpected(removed.error());
  return digest;
}

Result<std::string> ArtifactFolder::PathOf(const std::string& digest) {
  const bool is_digest = digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  const std::string path = artifacts_ + "/" + digest;
  if (!is_digest || !files::Exists(path)) {
    return Fail(ErrorCode::kNotFound, "The artifact '" + digest + "' is not in the store.",
                "Bind its image again with `tuesday image bind`.");
  }
  return path;
}

}  // namespace tuesday::process
