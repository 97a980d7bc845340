// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/mirror/mirror.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "adapters/actions/mirror/tree.h"
#include "adapters/files/fd.h"
#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "base/json.h"

namespace tuesday::actions {
namespace {

constexpr std::size_t kIndexBytesMax = 16 << 20;

Json JsonOf(const MirrorEntry& entry) {
  return Json(Json::Object{{"repository", Json(entry.repository)},
                           {"ref", Json(entry.ref)},
                           {"commit", Json(entry.commit)},
                           {"digest", Json(entry.digest)},
                           {"files", Json(entry.files)},
                           {"bytes", Json(entry.bytes)},
                           {"added", Json(WallText(entry.added))}});
}

Result<MirrorEntry> EntryOf(const Json& json) {
  MirrorEntry entry;
  entry.repository = json.At("repository").StringOr("");
  entry.ref = json.At("ref").StringOr("");
  entry.commit = json.At("commit").StringOr("");
  entry.digest = json.At("digest").StringOr("");
  entry.files = static_cast<std::uint64_t>(json.At("files").IntOr(0));
  entry.bytes = static_cast<std::uint64_t>(json.At("bytes").IntOr(0));
  TRY(entry.added, ParseWall(json.At("added").StringOr("")));
  // It becomes a folder's name.
  const bool is_digest =
      entry.digest.size() == 64 && std::ranges::all_of(entry.digest, [](char c) { return std::isxdigit(c) != 0; });
  if (!is_digest) return Fail(ErrorCode::kCorrupt, "An action of the mirror has no digest.");
  return entry;
}

// Everything of the file system that the folder is on: cheaper than a tree file by file.
Result<void> SyncAll(const std::string& folder) {
  const files::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::syncfs(fd.get()) != 0) return std::unexpected(files::SystemError("cannot sync", folder, errno));
  return {};
}

bool Is(const MirrorEntry& entry, const ActionRef& ref) { return entry.repository == ref.repository && entry.ref == ref.ref; }

}  // namespace

std::string Mirror::FolderOf(const MirrorEntry& entry) const { return folder_ + "/trees/" + entry.digest; }
std::string Mirror::InsideOf(const MirrorEntry& entry) { return fmt::format("{}/{}", kTreesInside, entry.digest); }

Result<std::vector<MirrorEntry>> Mirror::List() const {
  std::vector<MirrorEntry> entries;
  const std::string path = folder_ + "/index.json";
  if (folder_.empty() || !files::Exists(path)) return entries;
  TRY(const std::string text, files::ReadFile(path, kIndexBytesMax));
  const auto json = ParseJson(text);
  const Json::Array* list = json ? json->At("actions").as_array() : nullptr;
  if (list == nullptr) return Fail(ErrorCode::kCorrupt, fmt::format("{} does not read back.", path));
  for (const Json& one : *list) {
    TRY(MirrorEntry entry, EntryOf(one));
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, {}, &MirrorEntry::Name);
  return entries;
}

Result<std::optional<MirrorEntry>> Mirror::Find(const ActionRef& ref) const {
  TRY(const std::vector<MirrorEntry> entries, List());
  const auto found = std::ranges::find_if(entries, [&ref](const MirrorEntry& entry) { return Is(entry, ref); });
  return found == entries.end() ? std::optional<MirrorEntry>() : std::optional(*found);
}

Result<void> Mirror::Write(const std::vector<MirrorEntry>& entries) const {
  Json::Array list;
  for (const MirrorEntry& entry : entries) list.push_back(JsonOf(entry));
  return files::WriteFileDurably(folder_ + "/index.json", PrettyJson(Json(Json::Object{{"actions", Json(std::move(list))}})),
                                 0600);
}

Result<MirrorEntry> Mirror::Add(const ActionRef& ref, const std::string& commit, const std::string& source,
                                WallTime now) const {
  TRY_OK(files::MakeFolders(folder_, 0700));
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder_ + "/lock"));
  TRY(const Tree tree, ReadTree(source));
  if (tree.files.empty()) return Fail(ErrorCode::kInvalid, fmt::format("{} has no files.", source));
  MirrorEntry entry{.repository = ref.repository, .ref = ref.ref, .commit = commit, .digest = DigestOf(tree)};
  entry.files = tree.files.size();
  entry.bytes = tree.bytes;
  entry.added = now;
  if (const std::string target = FolderOf(entry); !files::Exists(target)) {
    const std::string fresh = folder_ + "/trees/.new";
    TRY_OK(files::RemoveTree(fresh));
    TRY_OK(CopyTree(tree, source, fresh));
    // What was copied is what was read, even when somebody writes there at the same time.
    TRY(const Tree copied, ReadTree(fresh));
    if (DigestOf(copied) != entry.digest)
      return Fail(ErrorCode::kConflict, fmt::format("{} changed while it was read.", source));
    TRY_OK(SyncAll(fresh));
    std::error_code error;
    std::filesystem::rename(fresh, target, error);
    if (error) return Fail(ErrorCode::kUnavailable, fmt::format("{} cannot be written: {}", target, error.message()));
    TRY_OK(files::SyncFolder(folder_ + "/trees"));
  }
  TRY(std::vector<MirrorEntry> entries, List());
  std::erase_if(entries, [&ref](const MirrorEntry& one) { return Is(one, ref); });
  entries.push_back(entry);
  TRY_OK(Write(entries));
  return entry;
}

Result<MirrorEntry> Mirror::Remove(const ActionRef& ref) const {
  TRY(const std::optional<MirrorEntry> found, Find(ref));
  const auto not_there = [&ref] {
    return Fail(ErrorCode::kNotFound, fmt::format("{}@{} is not mirrored here.", ref.repository, ref.ref),
                "See what is: tuesday actions list");
  };
  if (!found.has_value()) return not_there();
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder_ + "/lock"));
  TRY(std::vector<MirrorEntry> entries, List());
  if (std::erase_if(entries, [&ref](const MirrorEntry& one) { return Is(one, ref); }) == 0) return not_there();
  TRY_OK(Write(entries));
  for (const std::string& digest : files::NamesIn(folder_ + "/trees")) {
    if (std::ranges::find(entries, digest, &MirrorEntry::digest) == entries.end())
      TRY_OK(files::RemoveTree(folder_ + "/trees/" + digest));
  }
  return *found;
}

Result<std::string> Mirror::Read(const MirrorEntry& entry, const std::string& path) const {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  if (normal.empty() || normal.is_absolute() || *normal.begin() == "..")
    return Fail(ErrorCode::kDenied, fmt::format("'{}' leads out of {}.", path, entry.Name()));
  return files::ReadFile(FolderOf(entry) + "/" + normal.string(), kDefinitionBytesMax);
}

}  // namespace tuesday::actions
