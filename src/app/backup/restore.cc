// SPDX-License-Identifier: Apache-2.0
#include "app/backup/restore.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sqlite/lock_file.h"
#include "adapters/sqlite/sqlite_store.h"
#include "wire/state/restored.h"

namespace tuesday::backup {
namespace {

constexpr const char* kReadyFile = "ready";  // In the staging folder, outside of its tree.
constexpr const char* kTreeFolder = "tree";
constexpr mode_t kStateMode = 0751;
constexpr std::size_t kAsideNameBytesMax = 4096;

// The parts of a state that change places as a whole. The database goes last: with it the state is the restored one.
constexpr std::array<const char*, 4> kReplacedParts = {"metrics", "disk.json", "secret.key", "tls"};
constexpr std::array<const char*, 3> kDatabaseParts = {"tuesday.db-wal", "tuesday.db-shm", "tuesday.db"};

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

// Root may restore for a daemon that runs as somebody else: what is made belongs to whom the state folder belongs to.
Result<void> GiveToOwner(const std::string& path, const std::string& state) {
  struct stat owner{};
  if (::geteuid() != 0 || ::stat(state.c_str(), &owner) != 0) return {};
  if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) == 0 || errno == ENOENT) return {};
  return std::unexpected(files::SystemError("cannot set the owner of", path, errno));
}

Result<void> GiveAllToOwner(const std::string& tree, const std::string& state) {
  TRY_OK(GiveToOwner(tree, state));
  std::error_code failed;
  std::filesystem::recursive_directory_iterator at(tree, failed);
  for (const std::filesystem::recursive_directory_iterator end; !failed && at != end; at.increment(failed)) {
    TRY_OK(GiveToOwner(at->path().string(), state));
  }
  if (failed) return std::unexpected(files::SystemError("cannot list", tree, failed.value()));
  return {};
}

// Unpacks below a folder. Links come last, so that nothing can be written through one; so do the modes of folders.
class FolderSink : public EntrySink {
 public:
  explicit FolderSink(std::string folder) : folder_(std::move(folder)) {}

  Result<void> Begin(const TarEntry& entry) override;
  Result<void> Bytes(std::string_view piece) override;
  Result<void> End() override;

  // Makes what was put off, gives `all` to the owner of `state`, and makes everything durable.
  Result<void> Finish(const std::string& all, const std::string& state);

 private:
  std::string folder_;
  std::string path_;
  files::Fd file_;
  std::vector<TarEntry> links_;
  std::vector<std::pair<std::string, mode_t>> folders_;
};

Result<void> FolderSink::Begin(const TarEntry& entry) {
  path_ = folder_ + "/" + entry.path;
  if (entry.kind == TarKind::kLink) {
    links_.push_back(entry);
    return {};
  }
  if (entry.kind == TarKind::kFolder) {
    folders_.emplace_back(path_, entry.mode);
    return files::MakeFolders(path_, 0700);
  }
  TRY_OK(files::MakeFolders(path_.substr(0, path_.rfind('/')), 0700));
  file_ = files::Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.is_open() || ::fchmod(file_.get(), entry.mode) != 0) {
    return std::unexpected(files::SystemError("cannot create", path_, errno));
  }
  return {};
}

Result<void> FolderSink::Bytes(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(file_.get(), piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(files::SystemError("cannot write", path_, errno));
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> FolderSink::End() {
  file_.Close();
  return {};
}

Result<void> FolderSink::Finish(const std::string& all, const std::string& state) {
  for (const TarEntry& link : links_) {
    const std::string path = folder_ + "/" + link.path;
    TRY_OK(files::MakeFolders(path.substr(0, path.rfind('/')), 0700));
    if (::symlink(link.link.c_str(), path.c_str()) != 0)
      return std::unexpected(files::SystemError("cannot create", path, errno));
  }
  for (const auto& [path, mode] : std::views::reverse(folders_)) {
    if (::chmod(path.c_str(), mode) != 0) return std::unexpected(files::SystemError("cannot set the mode of", path, errno));
  }
  TRY_OK(GiveAllToOwner(all, state));
  // One sync for all files: a sync for each would take seconds.
  const files::Fd fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::syncfs(fd.get()) != 0) return std::unexpected(files::SystemError("cannot sync", folder_, errno));
  return {};
}

Result<void> Move(const std::string& from, const std::string& to) {
  struct stat facts{};
  if (::lstat(from.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot look at", from, errno));
  // A folder that may not be written cannot change its parent.
  const bool closed = S_ISDIR(facts.st_mode) && (facts.st_mode & S_IWUSR) == 0;
  if (closed) ::chmod(from.c_str(), (facts.st_mode & 07777) | S_IWUSR);
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(files::SystemError("cannot replace", to, errno));
  if (closed) ::chmod(to.c_str(), facts.st_mode & 07777);
  return {};
}

// Moves what `to` does not have yet; what is there is named by its content and stays, because something may run from it.
Result<void> Merge(const std::string& from, const std::string& to, int depth) {
  if (!files::Exists(to)) return Move(from, to);
  if (depth == 0) return {};
  for (const std::string& name : NamesIn(from)) TRY_OK(Merge(from + "/" + name, to + "/" + name, depth - 1));
  return {};
}

// `blobs/sha256/<two digits>/<digest>` and `blobs/artifacts/<digest>`: a digest's content is never looked into.
Result<void> MergeBlobs(const std::string& from, const std::string& to) {
  if (!files::Exists(from)) return {};
  if (!files::Exists(to)) return Move(from, to);
  TRY_OK(files::Exists(from + "/sha256") ? Merge(from + "/sha256", to + "/sha256", 2) : Result<void>{});
  return files::Exists(from + "/artifacts") ? Merge(from + "/artifacts", to + "/artifacts", 1) : Result<void>{};
}

// Repositories, runs and places that are there are ahead of the backup's, and stay. Of the mirror the backup's names count, and
// trees are named by their content.
Result<void> MergeRuns(const std::string& tree, const std::string& state, const std::string& aside) {
  for (const char* part : {"/repositories", "/runs", "/places"}) {
    if (files::Exists(tree + part)) TRY_OK(Merge(tree + part, state + part, 1));
  }
  const std::string index = "/actions/index.json";
  if (!files::Exists(tree + "/actions")) return {};
  if (files::Exists(tree + index) && files::Exists(state + index)) {
    TRY_OK(files::MakeFolders(aside + "/actions", 0700));
    TRY_OK(Move(state + index, aside + index));
  }
  return Merge(tree + "/actions", state + "/actions", 2);
}

// Each step is done, or not yet: begun again after a crash it goes on where it was.
Result<void> ChangePlaces(const std::string& state, const std::string& tree, const std::string& aside) {
  const auto replace = [&](const std::string& part) -> Result<void> {
    if (!files::Exists(tree + "/" + part)) return {};
    if (files::Exists(state + "/" + part)) TRY_OK(Move(state + "/" + part, aside + "/" + part));
    return Move(tree + "/" + part, state + "/" + part);
  };
  TRY_OK(files::MakeFolders(aside, 0700));
  TRY_OK(GiveToOwner(aside, state));
  TRY_OK(MergeBlobs(tree + "/blobs", state + "/blobs"));
  for (const char* part : kReplacedParts) TRY_OK(replace(part));
  TRY_OK(MergeRuns(tree, state, aside));
  // An edge that is there is the one that carries requests.
  if (files::Exists(tree + "/edge/edge.json") && !files::Exists(state + "/edge/edge.json")) {
    TRY_OK(files::MakeFolders(state + "/edge", kStateMode));
    TRY_OK(GiveToOwner(state + "/edge", state));
    TRY_OK(Move(tree + "/edge/edge.json", state + "/edge/edge.json"));
  }
  if (files::Exists(tree + "/tuesday.db")) {
    for (const char* part : kDatabaseParts) {
      if (files::Exists(state + "/" + part)) TRY_OK(Move(state + "/" + part, aside + "/" + part));
    }
    TRY_OK(Move(tree + "/tuesday.db", state + "/tuesday.db"));
  }
  ::rmdir(aside.c_str());  // There was nothing to keep.
  return files::SyncFolder(state);
}

// The next daemon must know that the world is ahead of what it reads.
Result<void> MarkRestored(const std::string& folder, const Header& header, WallTime now) {
  TRY(const std::unique_ptr<sqlite::SqliteStore> store, sqlite::SqliteStore::Open(folder));
  state::RestoredRecord record{.backup = header.id, .taken_at = header.taken_at, .restored_at = WallText(now)};
  Transaction transaction;
  for (const char* key : {state::kRestoredKey, state::kRestoredRepositoriesKey})
    transaction.put.push_back({std::string(state::kRestoredTable), key, state::EncodeRestored(record)});
  NewEntry entry;
  entry.at = now;
  entry.object = {Namespace("*"), "State", "tuesday"};
  entry.entry = {"state.restored",
                 fmt::format("Restored from the backup {} of {}; what happened since then is not in this journal.", header.id,
                             header.taken_at),
                 {{"backup", header.id}, {"taken_at", header.taken_at}, {"program", header.program}}};
  transaction.entries.push_back(std::move(entry));
  return store->Commit(transaction);
}

Result<Summary> Unpack(const RestoreOptions& options, const std::string& staging) {
  const std::string tree = staging + "/" + kTreeFolder;
  TRY_OK(files::MakeFolders(tree, 0700));
  FolderSink sink(tree);
  TRY(const Summary summary, ReadBackup(options.source, sink));
  TRY_OK(CheckDatabase(tree));
  TRY_OK(MarkRestored(tree, summary.header, options.now));
  for (const char* left : {"/tuesday.lock", "/tuesday.db-wal", "/tuesday.db-shm"}) TRY_OK(files::RemoveTree(tree + left));
  TRY_OK(sink.Finish(staging, options.state_folder));
  return summary;
}

bool HasState(const std::string& folder) {
  return std::ranges::any_of(NamesIn(folder),
                             [](const std::string& name) { return name != kStagingFolder && name != sqlite::kLockFile; });
}

std::string AsideName(WallTime now) {
  std::string text = WallText(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return "replaced-" + text;
}

Result<Restored> RestoreLocked(const RestoreOptions& options) {
  const std::string& state = options.state_folder;
  const std::string staging = state + "/" + kStagingFolder;
  TRY_OK(FinishRestore(state));
  const bool has_state = HasState(state);
  if (has_state && options.existing == Existing::kRefuse) {
    return Fail(ErrorCode::kConflict, fmt::format("There is a state in {} already; nothing was changed.", state),
                "With --replace it is kept beside the restored one, and what runs goes on.");
  }
  Result<Summary> unpacked = Unpack(options, staging);
  if (!unpacked) {
    static_cast<void>(files::RemoveTree(staging));
    return std::unexpected(std::move(unpacked).error());
  }
  std::string aside = AsideName(options.now);
  for (int n = 2; files::Exists(state + "/" + aside); ++n) aside = fmt::format("{}-{}", AsideName(options.now), n);
  // From here on it will be ended, by us or by the next start.
  TRY_OK(files::WriteFileDurably(staging + "/" + kReadyFile, aside, 0600));
  TRY_OK(FinishRestore(state));
  return Restored{*std::move(unpacked), files::Exists(state + "/" + aside) ? state + "/" + aside : ""};
}

}  // namespace

Result<void> FinishRestore(const std::string& state_folder) {
  const std::string staging = state_folder + "/" + kStagingFolder;
  if (!files::Exists(staging)) return {};
  const Result<std::string> aside = files::ReadFile(staging + "/" + kReadyFile, kAsideNameBytesMax);
  if (!aside && aside.error().code != ErrorCode::kNotFound) return std::unexpected(aside.error());
  if (aside) TRY_OK(ChangePlaces(state_folder, staging + "/" + kTreeFolder, state_folder + "/" + *aside));
  // Nothing of the staging may look ready once parts of it are gone.
  TRY_OK(files::RemoveTree(staging + "/" + kReadyFile));
  return files::RemoveTree(staging);
}

Result<Restored> Restore(const RestoreOptions& options) {
  const bool was_there = files::Exists(options.state_folder);
  TRY_OK(files::MakeFolders(options.state_folder, kStateMode));
  std::optional<Result<Restored>> restored;
  {
    TRY(const sqlite::LockFile lock, sqlite::LockFile::Take(options.state_folder + "/" + sqlite::kLockFile));
    TRY_OK(GiveToOwner(options.state_folder + "/" + sqlite::kLockFile, options.state_folder));
    restored = RestoreLocked(options);
  }
  if (!*restored && !was_there) static_cast<void>(files::RemoveTree(options.state_folder));
  return *std::move(restored);
}

}  // namespace tuesday::backup
