// SPDX-License-Identifier: Apache-2.0
// The Store of one machine: tuesday.db in the state folder, one SQLite database in WAL mode with synchronous=FULL.
// Holds the folder's lock while it is open for writing. Calls from several threads are done one after the other.
#pragma once

#include <memory>
#include <string>

#include "ports/journal_keeper.h"
#include "ports/store.h"

namespace tuesday::sqlite {

inline constexpr const char* kDatabaseFile = "tuesday.db";
inline constexpr const char* kLockFile = "tuesday.lock";

// Written limits of one transaction; beyond them Commit fails with kLimit and changes nothing.
inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kValueBytesMax = 8 << 20;

class SqliteStore : public Store, public JournalKeeper {
 public:
  // Opens the store in `folder`, which must exist; makes the database if there is none. kConflict when another process has
  // the folder open for writing (the message has its pid), kCorrupt when the database is damaged.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& folder);

  // Opens it without the lock, to read only: `audit log` with no daemon. Commit fails with kDenied.
  static Result<std::unique_ptr<SqliteStore>> OpenReadOnly(const std::string& folder);

  ~SqliteStore() override;

  // How long a call waits for another program's lock before it fails with kUnavailable; 5 s at first.
  void SetBusyTimeMax(Duration time);

  // From now on a commit survives the end of every process, but the last ones may be lost with the machine's power. For what
  // is lost with the machine anyway.
  Result<void> SurviveOnlyProcesses();

  Result<void> Commit(const Transaction& transaction) override;
  Result<std::optional<std::string>> Get(std::string_view table, std::string_view key) override;
  Result<std::vector<Row>> List(std::string_view table, std::string_view key_prefix) override;
  Result<std::vector<OutboxRow>> Outbox() override;
  Result<std::vector<StoredEntry>> Entries(const EntryFilter& filter) override;
  Result<void> VerifyJournal() override;
  Result<EntriesDropped> DropEntries(const EntriesDrop& drop,
                                     const std::function<NewEntry(const EntriesDropped&)>& tell) override;

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::sqlite
