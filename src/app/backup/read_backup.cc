// SPDX-License-Identifier: Apache-2.0
#include "app/backup/read_backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sqlite/copy.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/backup/digest_stream.h"

namespace tuesday::backup {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

std::unexpected<Error> NoBackup(std::string_view why) {
  return Fail(ErrorCode::kCorrupt, fmt::format("This is no backup of tuesday: {}.", why),
              "Give a file that `tuesday backup` wrote.");
}

// Only what a backup is made of may come out of one.
bool IsKnownPlace(std::string_view path) {
  constexpr std::array<std::string_view, 4> kFiles = {sqlite::kDatabaseFile, "disk.json", "secret.key", "edge/edge.json"};
  constexpr std::array<std::string_view, 7> kTrees = {"blobs", "metrics", "tls", "repositories", "actions", "runs", "places"};
  if (std::ranges::find(kFiles, path) != kFiles.end()) return true;
  return std::ranges::any_of(
      kTrees, [&](std::string_view tree) { return path == tree || (path.starts_with(tree) && path[tree.size()] == '/'); });
}

Result<std::string> WholeText(TarReader& reader, const TarEntry& entry, std::size_t bytes_max) {
  if (entry.size > bytes_max) return NoBackup(fmt::format("{} is too large", entry.path));
  std::string text;
  while (true) {
    TRY(const std::string_view piece, reader.Bytes());
    if (piece.empty()) return text;
    text += piece;
  }
}

Result<void> TakeEntry(TarReader& reader, const TarEntry& entry, EntrySink& sink, Listing& listing) {
  TRY_OK(sink.Begin(entry));
  DigestStream digest;
  while (true) {
    TRY(const std::string_view piece, reader.Bytes());
    if (piece.empty()) break;
    digest.Add(piece);
    TRY_OK(sink.Bytes(piece));
  }
  listing.Add(entry, entry.kind == TarKind::kFile ? digest.Take() : "");
  return sink.End();
}

// Keeps the database, to look at it; everything else has been compared when it was read.
class DatabaseSink : public EntrySink {
 public:
  explicit DatabaseSink(std::string folder) : folder_(std::move(folder)) {}

  Result<void> Begin(const TarEntry& entry) override {
    if (entry.path != sqlite::kDatabaseFile) return {};
    const std::string path = folder_ + "/" + sqlite::kDatabaseFile;
    file_ = files::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_.is_open()) return std::unexpected(files::SystemError("cannot create", path, errno));
    return {};
  }
  Result<void> Bytes(std::string_view piece) override {
    while (file_.is_open() && !piece.empty()) {
      const ssize_t written = ::write(file_.get(), piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return std::unexpected(files::SystemError("cannot write", folder_, errno));
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  Result<void> End() override {
    file_.Close();
    return {};
  }

 private:
  std::string folder_;
  files::Fd file_;
};

}  // namespace

Result<Summary> ReadBackup(const TarReader::Source& source, EntrySink& sink) {
  TarReader reader(source);
  TRY(std::optional<TarEntry> entry, reader.Next());
  if (!entry || entry->path != kHeaderName) return NoBackup("it does not begin as one");
  TRY(const std::string head, WholeText(reader, *entry, kHeaderBytesMax));
  TRY(const Header header, ParseHeader(head));
  Listing listing;
  DigestStream digest;
  digest.Add(head);
  listing.Add(*entry, digest.Take());
  bool has_database = false;
  while (true) {
    TRY(entry, reader.Next());
    if (!entry) return NoBackup("its listing is missing");
    if (entry->path == kListingName) break;
    if (!IsKnownPlace(entry->path)) return NoBackup(fmt::format("it holds {}", entry->path));
    has_database = has_database || entry->path == sqlite::kDatabaseFile;
    TRY_OK(TakeEntry(reader, *entry, sink, listing));
  }
  TRY(const std::string said, WholeText(reader, *entry, kListingBytesMax));
  TRY(entry, reader.Next());
  if (entry) return NoBackup("something is behind its listing");
  TRY_OK(listing.Compare(said));
  if (!has_database) return NoBackup("it has no database");
  return Summary{header, listing.entries(), listing.bytes()};
}

Result<void> CheckDatabase(const std::string& folder) {
  TRY_OK(sqlite::CheckPages(folder + "/" + sqlite::kDatabaseFile));
  TRY(const std::unique_ptr<sqlite::SqliteStore> store, sqlite::SqliteStore::OpenReadOnly(folder));
  return store->VerifyJournal();
}

Result<Summary> CheckBackup(const TarReader::Source& source, const std::string& scratch_folder) {
  DatabaseSink sink(scratch_folder);
  TRY(const Summary summary, ReadBackup(source, sink));
  TRY_OK(CheckDatabase(scratch_folder));
  return summary;
}

Result<TarReader::Source> OpenSource(const std::string& path) {
  auto file = std::make_shared<files::Fd>(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file->is_open()) return std::unexpected(files::SystemError("cannot read", path, errno));
  auto buffer = std::make_shared<std::string>(kBufferBytes, '\0');
  return [file, buffer, path](std::size_t bytes_max) -> Result<std::string_view> {
    while (true) {
      const ssize_t got = ::read(file->get(), buffer->data(), std::min(bytes_max, buffer->size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(files::SystemError("cannot read", path, errno));
      return std::string_view(buffer->data(), static_cast<std::size_t>(got));
    }
  };
}

}  // namespace tuesday::backup
