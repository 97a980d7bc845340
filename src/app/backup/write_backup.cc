// SPDX-License-Identifier: Apache-2.0
#include "app/backup/write_backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sqlite/copy.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/backup/digest_stream.h"

namespace tuesday::backup {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kEntriesMax = 500'000;
constexpr std::size_t kEdgeBytesMax = 64 << 20;
constexpr int kDepthMax = 64;
constexpr int kArtifactDepth = 2;  // Of `blobs/artifacts/<digest>`.

// Whether names in the folder at this path of a state are given by somebody else: every one of them counts then.
bool IsContent(std::string_view path) {
  const auto depth = std::ranges::count(path, '/') + 1;
  if (path.starts_with("blobs/artifacts/") || path.starts_with("actions/trees/")) return depth >= 3;
  return path.starts_with("repositories/");
}

// What git is about to write.
bool IsUnfinished(std::string_view path, std::string_view name) {
  if (!path.starts_with("repositories/")) return false;
  return name.ends_with(".lock") || (name.starts_with("tmp_") && path.find("/objects") != std::string_view::npos);
}

// Names in a folder in order, without what is being written. A folder that is not there has none.
std::vector<std::string> NamesIn(const std::string& folder, std::string_view path) {
  const bool is_content = IsContent(path);
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), [](DIR* dir) { return ::closedir(dir); });
  while (const dirent* entry = open == nullptr ? nullptr : ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || IsUnfinished(path, name)) continue;
    const bool is_written = name.starts_with('.') || name.find(".tmp.") != std::string::npos || name.ends_with(".new");
    if (is_content || !is_written) names.push_back(name);
  }
  std::ranges::sort(names);
  // What refs name is in the objects that are read after them.
  if (path.starts_with("repositories/"))
    std::ranges::stable_partition(names, [](const auto& name) { return name != "objects"; });
  return names;
}

class Backup {
 public:
  explicit Backup(const WriteOptions& options) : options_(options), tar_(options.sink) {}

  Result<Summary> Write();

 private:
  enum class Missing { kPassOver, kError };
  enum class Whole { kYes, kNo };

  Result<void> AddText(const std::string& name, std::string_view text, Whole listed);
  Result<void> AddFile(const std::string& from, const std::string& name, mode_t mode, Missing missing);
  Result<void> AddBytes(const files::Fd& file, const std::string& from, TarEntry entry);
  Result<void> AddTree(const std::string& name, int depth);
  Result<void> AddEdge();
  Result<void> AddRuns();

  const WriteOptions& options_;
  TarWriter tar_;
  Listing listing_;
  DigestStream digest_;
};

Result<void> Backup::AddText(const std::string& name, std::string_view text, Whole listed) {
  const TarEntry entry{.kind = TarKind::kFile, .path = name, .mode = 0600, .size = text.size(), .link = {}};
  TRY_OK(tar_.Begin(entry));
  if (!text.empty()) TRY_OK(tar_.Bytes(text));
  digest_.Add(text);
  const std::string digest = digest_.Take();
  if (listed == Whole::kYes) listing_.Add(entry, digest);
  return {};
}

// As many bytes as it had when it was opened: what grows meanwhile is left for the next time.
Result<void> Backup::AddBytes(const files::Fd& file, const std::string& from, TarEntry entry) {
  TRY_OK(tar_.Begin(entry));
  std::string buffer(kPieceBytes, '\0');
  std::uint64_t left = entry.size;
  while (left > 0) {
    const ssize_t got = ::read(file.get(), buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, kPieceBytes)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(files::SystemError("cannot read", from, errno));
    if (got == 0) return Fail(ErrorCode::kConflict, fmt::format("{} became shorter while it was read.", from), "Try again.");
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    digest_.Add(piece);
    TRY_OK(tar_.Bytes(piece));
    left -= piece.size();
  }
  listing_.Add(entry, digest_.Take());
  return {};
}

Result<void> Backup::AddFile(const std::string& from, const std::string& name, mode_t mode, Missing missing) {
  const files::Fd file(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts{};
  if (!file.is_open() || ::fstat(file.get(), &facts) != 0) {
    if (errno == ENOENT && missing == Missing::kPassOver) return {};
    return std::unexpected(files::SystemError("cannot read", from, errno));
  }
  if (!S_ISREG(facts.st_mode)) return {};
  if (listing_.entries() >= kEntriesMax) {
    return Fail(ErrorCode::kLimit, fmt::format("The state folder has more than {} files.", kEntriesMax));
  }
  return AddBytes(file, from,
                  {.kind = TarKind::kFile,
                   .path = name,
                   .mode = mode != 0 ? mode : facts.st_mode & 07777,
                   .size = static_cast<std::uint64_t>(facts.st_size),
                   .link = {}});
}

// What goes away between listing and reading is passed over: the oldest metrics do.
Result<void> Backup::AddTree(const std::string& name, int depth) {
  const std::string path = options_.state_folder + "/" + name;
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) return {};
  TarEntry entry{.kind = TarKind::kFile, .path = name, .mode = facts.st_mode & 07777, .size = 0, .link = {}};
  if (S_ISREG(facts.st_mode)) return AddFile(path, name, 0, Missing::kPassOver);
  if (S_ISLNK(facts.st_mode)) {
    entry.kind = TarKind::kLink;
    entry.link.resize(kTarNameBytesMax);
    const ssize_t length = ::readlink(path.c_str(), entry.link.data(), entry.link.size());
    if (length < 0) return {};
    entry.link.resize(static_cast<std::size_t>(length));
    TRY_OK(tar_.Begin(entry));
    listing_.Add(entry, "");
    return {};
  }
  if (!S_ISDIR(facts.st_mode)) return {};
  if (depth > kDepthMax) return Fail(ErrorCode::kLimit, fmt::format("{} is more than {} folders deep.", path, kDepthMax));
  entry.kind = TarKind::kFolder;
  TRY_OK(tar_.Begin(entry));
  listing_.Add(entry, "");
  for (const std::string& child : NamesIn(path, name)) TRY_OK(AddTree(name + "/" + child, depth + 1));
  // An artifact is whole or not there: one that was let go while it was read would come back under its digest with half of it.
  if (name.starts_with("blobs/artifacts/") && depth == kArtifactDepth && ::lstat(path.c_str(), &facts) != 0)
    return Fail(ErrorCode::kConflict, fmt::format("{} was let go while it was read.", path), "Try again.");
  return {};
}

// It can hold private keys; a daemon sends the edge anew, so nothing is lost without it.
Result<void> Backup::AddEdge() {
  const Result<std::string> text = files::ReadFile(options_.state_folder + "/edge/edge.json", kEdgeBytesMax);
  if (!text) return {};
  if (options_.header.keys == Keys::kLeftOut && text->find("PRIVATE KEY") != std::string::npos) return {};
  return AddText("edge/edge.json", *text, Whole::kYes);
}

bool HasRuns(const std::string& state) {
  return std::ranges::any_of(std::initializer_list<const char*>{"/repositories", "/actions", "/runs", "/places"},
                             [&](const char* part) { return files::Exists(state + part); });
}

// Repositories, the mirror of actions, and of runs what people look at afterwards: what they stored, said and reported. Files
// of their jobs stay where they are.
Result<void> Backup::AddRuns() {
  TRY_OK(AddTree("repositories", 0));
  TRY_OK(AddTree("actions", 0));
  for (const std::string& id : NamesIn(options_.state_folder + "/runs", "runs"))
    TRY_OK(AddTree("runs/" + id + "/artifacts", 2));
  for (const std::string& id : NamesIn(options_.state_folder + "/places", "places")) {
    for (const char* part : {"place", "steps", "logs"}) TRY_OK(AddTree("places/" + id + "/" + part, 2));
  }
  return {};
}

Result<Summary> Backup::Write() {
  // First the copy: what its rows name is in the blobs that are read after it.
  const std::string copy = options_.scratch_folder + "/" + sqlite::kDatabaseFile;
  Header header = options_.header;
  header.format = HasRuns(options_.state_folder) ? kFormat : kFormatWithoutRuns;
  TRY(header.database_format, sqlite::CopyDatabase(options_.state_folder + "/" + sqlite::kDatabaseFile, copy));
  TRY_OK(AddText(kHeaderName, HeaderText(header), Whole::kYes));
  TRY_OK(AddFile(copy, sqlite::kDatabaseFile, 0600, Missing::kError));
  TRY_OK(files::RemoveTree(copy));
  TRY_OK(AddFile(options_.state_folder + "/disk.json", "disk.json", 0600, Missing::kPassOver));
  TRY_OK(AddEdge());
  if (header.keys == Keys::kIncluded) {
    TRY_OK(AddFile(options_.state_folder + "/secret.key", "secret.key", 0600, Missing::kPassOver));
    TRY_OK(AddTree("tls", 0));
  }
  TRY_OK(AddTree("blobs", 0));
  TRY_OK(AddTree("metrics", 0));
  TRY_OK(AddRuns());
  TRY_OK(AddText(kListingName, listing_.text(), Whole::kNo));
  TRY_OK(tar_.Finish());
  return Summary{header, listing_.entries(), listing_.bytes()};
}

}  // namespace

Result<Summary> WriteBackup(const WriteOptions& options) { return Backup(options).Write(); }

}  // namespace tuesday::backup
