// SPDX-License-Identifier: Apache-2.0
// SQLite behind two small classes: an open database and a prepared statement. Every failure becomes an Error with the file's
// name and what to do about it. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tuesday::sqlite {

enum class OpenMode { kCreate, kReadWrite, kReadOnly };

class Database;

// A prepared statement. Parameters count from 1, columns from 0, as in SQLite. Must not outlive its database.
class Statement {
 public:
  // Text and bytes are not copied: they must live until the next Reset or Run.
  Statement& Bind(int parameter, std::string_view text);
  Statement& Bind(int parameter, std::uint64_t number);

  // Moves to the next row; false at the end.
  Result<bool> Step();

  // Runs to the end, and is ready to be bound again whether it succeeded or not.
  Result<void> Run();

  // Valid until the next Step or Reset.
  std::string_view Text(int column) const;
  std::uint64_t Number(int column) const;

  void Reset();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(const Database* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets a statement at the end of a scope, so that no early return leaves a read transaction open.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.Reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

// One connection. Pages are checksummed (checksum_vfs.h); waits kBusyWaitMs for another process's lock unless told
// otherwise.
class Database {
 public:
  static constexpr int kBusyWaitMs = 5000;

  static Result<std::unique_ptr<Database>> Open(const std::string& path, OpenMode mode);

  Result<Statement> Prepare(std::string_view sql);

  // Runs statements that have no parameters and whose rows nobody needs.
  Result<void> Run(const char* sql);

  void SetBusyWait(int ms);

  // Whether a transaction is open: SQLite ends it by itself after some failures.
  bool InTransaction() const;

  // What the last failed call means for a caller: kCorrupt, kLimit (disk full), kUnavailable or kDenied.
  std::unexpected<Error> LastError() const;

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

// What to say of a database that does not read back; `what` is a clause ("page 7 ...").
std::unexpected<Error> CorruptError(const std::string& path, std::string_view what);

}  // namespace tuesday::sqlite
