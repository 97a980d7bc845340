// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace tuesday::sqlite {
namespace {

constexpr std::uint64_t kApplicationId = 0x74756573;  // "tues"

constexpr const char* kTables = R"(
BEGIN IMMEDIATE;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (area TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (area, key)) WITHOUT ROWID;
CREATE TABLE outbox (target TEXT PRIMARY KEY, generation INTEGER NOT NULL, payload TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
  number INTEGER PRIMARY KEY, namespace TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, attempt TEXT NOT NULL,
  bytes TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX journal_by_object ON journal (namespace, kind, name, number);
CREATE INDEX journal_by_attempt ON journal (attempt, number) WHERE attempt <> '';
)";

std::unexpected<Error> SystemFailure(const std::string& what) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return Fail(full              ? ErrorCode::kLimit
              : error == EACCES ? ErrorCode::kDenied
                                : ErrorCode::kUnavailable,
              fmt::format("{}: {}.", what, std::strerror(error)));
}

Result<void> SyncPath(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return SystemFailure(fmt::format("{} cannot be opened", path));
  const bool synced = fsync(descriptor) == 0;
  const int error = errno;
  close(descriptor);
  errno = error;
  if (!synced) return SystemFailure(fmt::format("{} cannot be written to disk", path));
  return {};
}

Result<void> Build(const std::string& path) {
  TRY(const std::unique_ptr<Database> database, Database::Open(path, OpenMode::kCreate));
  TRY_OK(database->Run(fmt::format("PRAGMA application_id={}", kApplicationId).c_str()));
  TRY_OK(database->Run(kTables));
  TRY_OK(database->Run(
      fmt::format("INSERT INTO meta VALUES ('format', '{}'), ('readable_by', '{}'); COMMIT", kFormat, kReadableBy).c_str()));
  return database->Run("PRAGMA journal_mode=WAL");
}

Result<std::uint64_t> ReadMeta(Database& database, std::string_view key) {
  TRY(Statement statement, database.Prepare("SELECT value FROM meta WHERE key = ?1"));
  TRY(const bool found, statement.Bind(1, key).Step());
  const std::string_view text = found ? statement.Text(0) : std::string_view();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    return CorruptError(database.path(), fmt::format("its \"{}\" is \"{}\"", key, text));
  }
  return value;
}

Result<void> CheckVersion(Database& database) {
  TRY(Statement statement, database.Prepare("PRAGMA application_id"));
  TRY(const bool found, statement.Step());
  if (!found || statement.Number(0) != kApplicationId) {
    return CorruptError(database.path(), "it is a database of another program");
  }
  statement.Reset();
  TRY(const std::uint64_t readable_by, ReadMeta(database, "readable_by"));
  TRY(const std::uint64_t format, ReadMeta(database, "format"));
  if (readable_by > kFormat) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("{} has format {}, which programs below format {} must not open; this one has {}.", database.path(),
                            format, readable_by, kFormat),
                "Use the version of tuesday that wrote it, or a newer one.");
  }
  return {};
}

}  // namespace

Result<void> CreateDatabase(const std::string& path) {
  const std::string fresh = path + ".new";
  const std::string folder = path.substr(0, path.rfind('/'));
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((fresh + suffix).c_str());
  TRY_OK(Build(fresh));
  TRY_OK(SyncPath(fresh, O_RDWR));
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return SystemFailure(fmt::format("{} cannot be renamed", fresh));
  return SyncPath(folder, O_RDONLY | O_DIRECTORY);
}

Result<std::unique_ptr<Database>> OpenDatabase(const std::string& path, OpenMode mode) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT)
      return Fail(ErrorCode::kNotFound, fmt::format("There is no database {}.", path), "Give the state folder with --state.");
    return SystemFailure(fmt::format("{} cannot be opened", path));
  }
  // SQLite takes an empty file for a new database and would go on with nothing.
  if (status.st_size == 0) return CorruptError(path, "it is empty");
  TRY(std::unique_ptr<Database> database, Database::Open(path, mode));
  TRY_OK(CheckVersion(*database));
  if (mode != OpenMode::kReadOnly) TRY_OK(database->Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
  return database;
}

}  // namespace tuesday::sqlite
