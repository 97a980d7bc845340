// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/artifacts/artifact_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/process/artifacts/tar_reader.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kArchiveBytesMax = std::size_t{2} << 30;
constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kGonePrefix = ".gone-";

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

// What is looked at again is young again: its age counts from when somebody last wanted it.
Result<void> Touch(const std::string& place) {
  if (::utimensat(AT_FDCWD, place.c_str(), nullptr, 0) == 0) return {};
  return std::unexpected(files::SystemError("cannot touch", place, errno));
}

bool IsDigest(const std::string& text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::uint64_t BytesOf(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, failed)) {
    struct stat facts{};
    if (::lstat(entry.path().c_str(), &facts) == 0 && S_ISREG(facts.st_mode))
      bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  return bytes;
}

Result<std::string> Store(const std::string& made, const std::string& artifacts) {
  TRY(const std::string listing, CanonicalListing(made));
  const std::string digest = Sha256Hex(listing);
  const std::string place = artifacts + "/" + digest;
  if (files::Exists(place)) {
    TRY_OK(Touch(place));
    return digest;
  }
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
  TRY_OK(Touch(place));  // The copy has the times of what was copied.
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
  const std::string path = artifacts_ + "/" + digest;
  if (!IsDigest(digest) || !files::Exists(path)) {
    return Fail(ErrorCode::kNotFound, "The artifact '" + digest + "' is not in the store.",
                "Bind its image again with `tuesday image bind`.");
  }
  return path;
}

Result<std::vector<KeptArtifact>> ArtifactFolder::List() {
  std::vector<KeptArtifact> kept;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(artifacts_, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kGonePrefix)) TRY_OK(files::RemoveTree(entry.path().string()));
    struct stat facts{};
    if (!IsDigest(name) || ::lstat(entry.path().c_str(), &facts) != 0) continue;
    kept.push_back({name, WallTime(std::chrono::seconds(facts.st_mtim.tv_sec))});
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return std::unexpected(files::SystemError("cannot list", artifacts_, failed.value()));
  }
  std::ranges::sort(kept, {}, &KeptArtifact::digest);
  return kept;
}

Result<std::uint64_t> ArtifactFolder::Remove(const std::string& digest) {
  if (!IsDigest(digest)) return Fail(ErrorCode::kInvalid, "'" + digest + "' is no digest.");
  const std::string place = artifacts_ + "/" + digest;
  const std::string gone = artifacts_ + "/" + std::string(kGonePrefix) + digest;
  TRY_OK(files::RemoveTree(gone));
  ::chmod(place.c_str(), 0755);  // As for Store.
  if (::rename(place.c_str(), gone.c_str()) != 0) {
    if (errno == ENOENT) return std::uint64_t{0};
    return std::unexpected(files::SystemError("cannot remove", place, errno));
  }
  const std::uint64_t bytes = BytesOf(gone);
  TRY_OK(files::RemoveTree(gone));
  return bytes;
}

}  // namespace tuesday::process
