// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/sqlite/checksum_vfs.h"

namespace tuesday::sqlite {
namespace {

constexpr mode_t kDatabaseMode = 0600;

// The rows hold what revisions were given as environment: nobody else may read them. SQLite gives its side files the same mode.
void CloseToOthers(const std::string& path) {
  const int made = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kDatabaseMode);
  if (made >= 0) close(made);
  for (const char* side : {"", "-wal", "-shm"}) static_cast<void>(chmod((path + side).c_str(), kDatabaseMode));
}

int OpenFlags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kCreate: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case OpenMode::kReadWrite: return SQLITE_OPEN_READWRITE;
    case OpenMode::kReadOnly: return SQLITE_OPEN_READONLY;
  }
  return SQLITE_OPEN_READONLY;
}

bool IsFull(int status, int system_error) {
  return (status & 0xFF) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// The code, message and hint of SQLite's `status`, an extended result code.
std::unexpected<Error> Explain(const std::string& path, int status, int system_error, std::string_view text) {
  if (status == SQLITE_IOERR_DATA || status == SQLITE_IOERR_SHORT_READ || status == SQLITE_IOERR_CORRUPTFS) {
    return CorruptError(path, "a page does not have its checksum");
  }
  const int primary = status & 0xFF;
  if (primary == SQLITE_ERROR && text.starts_with("no such ")) return CorruptError(path, text);
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) return CorruptError(path, text);
  if (IsFull(status, primary == SQLITE_IOERR ? system_error : 0)) {
    return Fail(ErrorCode::kLimit, fmt::format("There is no room to write {}: {}.", path, text),
                "Free space on that disk; nothing was written, and it goes on by itself.");
  }
  if (primary == SQLITE_READONLY || primary == SQLITE_PERM || primary == SQLITE_AUTH) {
    return Fail(ErrorCode::kDenied, fmt::format("{} may not be written: {}.", path, text),
                "Check the owner and mode of the file and its folder.");
  }
  if (primary == SQLITE_TOOBIG) return Fail(ErrorCode::kLimit, fmt::format("A value for {} is too large.", path));
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{} is locked by another process.", path),
                "Close other programs that have it open.");
  }
  if (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{} cannot be read or written: {} (code {}).", path, text, status),
                "Check the disk, and the owner and mode of the file and its folder.");
  }
  return Fail(ErrorCode::kInternal, fmt::format("SQLite refused work on {}: {} (code {}).", path, text, status));
}

}  // namespace

std::unexpected<Error> CorruptError(const std::string& path, std::string_view what) {
  return Fail(
      ErrorCode::kCorrupt, fmt::format("The database {} is damaged: {}.", path, what),
      "Stop the daemon, move the file away and restore a backup, or start with an empty state folder: what runs is adopted.");
}

Statement& Statement::Bind(int parameter, std::string_view text) {
  // An empty view may have a null pointer, which SQLite would store as NULL.
  sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::Bind(int parameter, std::uint64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(number));
  return *this;
}

Result<bool> Statement::Step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return database_->LastError();
}

Result<void> Statement::Run() {
  Result<bool> row = true;
  while (row.has_value() && *row) row = Step();
  Reset();
  if (!row.has_value()) return std::unexpected(std::move(row).error());
  return {};
}

std::string_view Statement::Text(int column) const {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(size));
}

std::uint64_t Statement::Number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::kCreate) CloseToOthers(path);
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &raw, OpenFlags(mode) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, ChecksumVfsName());
  std::unique_ptr<Database> database(new Database(path, raw));
  if (raw == nullptr) return Fail(ErrorCode::kInternal, fmt::format("There is no memory to open {}.", path));
  if (status != SQLITE_OK) return database->LastError();
  sqlite3_busy_timeout(raw, kBusyWaitMs);
  if (mode == OpenMode::kCreate) {
    int reserved = kChecksumBytes;
    if (sqlite3_file_control(raw, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) != SQLITE_OK) return database->LastError();
    TRY_OK(database->Run(fmt::format("PRAGMA page_size={}", kPageBytes).c_str()));
  }
  return database;
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int status =
      sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement(this, raw);
  if (status != SQLITE_OK) return LastError();
  return statement;
}

Result<void> Database::Run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return LastError();
  return {};
}

void Database::SetBusyWait(int ms) { sqlite3_busy_timeout(database_.get(), ms); }

bool Database::InTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

std::unexpected<Error> Database::LastError() const {
  return Explain(path_, sqlite3_extended_errcode(database_.get()), sqlite3_system_errno(database_.get()),
                 sqlite3_errmsg(database_.get()));
}

}  // namespace tuesday::sqlite
