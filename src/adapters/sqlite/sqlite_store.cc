// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/sqlite_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/lock_file.h"
#include "adapters/sqlite/schema.h"
#include "base/digest.h"
#include "wire/journal/gap.h"
#include "wire/journal/record.h"

namespace tuesday::sqlite {
namespace {

// Every statement, prepared once.
struct Statements {
  Statement begin, commit, rollback;
  Statement put, erase, get, list;
  Statement outbox_put, outbox_done, outbox;
  Statement append, last, after, by_object, by_attempt, drop;
};

Result<Statements> PrepareAll(Database& database) {
  constexpr std::string_view kEntry = "SELECT number, bytes, hash FROM journal WHERE ";
  TRY(Statement begin, database.Prepare("BEGIN IMMEDIATE"));
  TRY(Statement commit, database.Prepare("COMMIT"));
  TRY(Statement rollback, database.Prepare("ROLLBACK"));
  TRY(Statement put, database.Prepare("INSERT OR REPLACE INTO state VALUES (?1, ?2, ?3)"));
  TRY(Statement erase, database.Prepare("DELETE FROM state WHERE area = ?1 AND key = ?2"));
  TRY(Statement get, database.Prepare("SELECT value FROM state WHERE area = ?1 AND key = ?2"));
  TRY(Statement list, database.Prepare("SELECT key, value FROM state WHERE area = ?1 AND key >= ?2 ORDER BY key"));
  TRY(Statement outbox_put, database.Prepare("INSERT OR REPLACE INTO outbox VALUES (?1, ?2, ?3)"));
  TRY(Statement outbox_done, database.Prepare("DELETE FROM outbox WHERE target = ?1 AND generation = ?2"));
  TRY(Statement outbox, database.Prepare("SELECT target, generation, payload FROM outbox ORDER BY target"));
  TRY(Statement append, database.Prepare("INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  TRY(Statement last, database.Prepare("SELECT number, bytes, hash FROM journal ORDER BY number DESC LIMIT 1"));
  TRY(Statement after, database.Prepare(fmt::format("{} number > ?1 ORDER BY number", kEntry)));
  TRY(Statement by_object, database.Prepare(fmt::format("{} number > ?1 AND namespace = ?2 AND kind = ?3 AND name = ?4 "
                                                        "AND (?5 = '' OR attempt = ?5) ORDER BY number",
                                                        kEntry)));
  TRY(Statement by_attempt,
      database.Prepare(fmt::format("{} number > ?1 AND attempt = ?2 AND attempt <> '' ORDER BY number", kEntry)));
  TRY(Statement drop, database.Prepare("DELETE FROM journal WHERE number = ?1"));
  return Statements{std::move(begin),       std::move(commit),    std::move(rollback),   std::move(put),
                    std::move(erase),       std::move(get),       std::move(list),       std::move(outbox_put),
                    std::move(outbox_done), std::move(outbox),    std::move(append),     std::move(last),
                    std::move(after),       std::move(by_object), std::move(by_attempt), std::move(drop)};
}

Result<void> CheckSize(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return {};
  return Fail(ErrorCode::kLimit,
              fmt::format("The {} \"{}...\" has {} bytes; the limit is {}.", what, text.substr(0, 64), text.size(), bytes_max));
}

Result<void> CheckSizes(const Transaction& transaction) {
  for (const Row& row : transaction.put) {
    TRY_OK(CheckSize("table name", row.table, kKeyBytesMax));
    TRY_OK(CheckSize("key", row.key, kKeyBytesMax));
    TRY_OK(CheckSize("value", row.value, kValueBytesMax));
  }
  for (const OutboxRow& row : transaction.outbox_put) {
    TRY_OK(CheckSize("target", row.target, kKeyBytesMax));
    TRY_OK(CheckSize("payload", row.payload, kValueBytesMax));
  }
  return {};
}

}  // namespace

// Members are destroyed from the last to the first: statements, then the database, then the lock.
struct SqliteStore::Impl {
  std::optional<LockFile> lock;  // None: read only.
  std::unique_ptr<Database> database;
  std::optional<Statements> sql;
  std::mutex mutex;

  Result<void> Load();
  Result<journal::ChainEnd> LastEntry();
  Result<void> Write(const Transaction& transaction);
  Result<void> Append(journal::ChainEnd& end, const NewEntry& entry);
  Result<journal::Gaps> ReadGaps();
  Result<EntriesDropped> Drop(const EntriesDrop& drop, const std::function<NewEntry(const EntriesDropped&)>& tell);
  void RollBack();
  Statement& Select(const EntryFilter& filter);
};

Result<void> SqliteStore::Impl::Load() {
  TRY(Statements statements, PrepareAll(*database));
  sql.emplace(std::move(statements));
  TRY_OK(LastEntry());
  return {};
}

Result<journal::ChainEnd> SqliteStore::Impl::LastEntry() {
  const ResetAtEnd reset(sql->last);
  TRY(const bool found, sql->last.Step());
  if (!found) return journal::ChainEnd{};
  journal::ChainEnd end{sql->last.Number(0), std::string(sql->last.Text(2))};
  if (Sha256Hex(sql->last.Text(1)) != end.hash) {
    return CorruptError(database->path(), fmt::format("its last journal entry, {}, does not have its hash", end.number));
  }
  return end;
}

Result<void> SqliteStore::Impl::Append(journal::ChainEnd& end, const NewEntry& entry) {
  TRY(const journal::Encoded encoded, journal::Encode(end, {entry.at, entry.object, entry.attempt, entry.entry}));
  sql->append.Bind(1, encoded.end.number).Bind(2, entry.object.ns.str()).Bind(3, entry.object.kind).Bind(4, entry.object.name);
  TRY_OK(sql->append.Bind(5, entry.attempt).Bind(6, encoded.bytes).Bind(7, encoded.end.hash).Run());
  end = encoded.end;
  return {};
}

Result<void> SqliteStore::Impl::Write(const Transaction& transaction) {
  // In the order of the members, so that what is both put and erased is gone.
  for (const Row& row : transaction.put) TRY_OK(sql->put.Bind(1, row.table).Bind(2, row.key).Bind(3, row.value).Run());
  for (const auto& [area, key] : transaction.erase) TRY_OK(sql->erase.Bind(1, area).Bind(2, key).Run());
  for (const OutboxRow& row : transaction.outbox_put) {
    TRY_OK(sql->outbox_put.Bind(1, row.target).Bind(2, row.generation.value).Bind(3, row.payload).Run());
  }
  for (const auto& [target, generation] : transaction.outbox_done) {
    TRY_OK(sql->outbox_done.Bind(1, target).Bind(2, generation.value).Run());
  }
  if (transaction.entries.empty()) return {};
  TRY(journal::ChainEnd end, LastEntry());
  for (const NewEntry& entry : transaction.entries) TRY_OK(Append(end, entry));
  return {};
}

Result<journal::Gaps> SqliteStore::Impl::ReadGaps() {
  const ResetAtEnd reset(sql->list);
  sql->list.Bind(1, journal::kGapTable).Bind(2, "");
  journal::Gaps gaps;
  while (true) {
    TRY(const bool found, sql->list.Step());
    if (!found) return gaps;
    TRY_OK(gaps.Take(sql->list.Text(1)));
  }
}

Result<EntriesDropped> SqliteStore::Impl::Drop(const EntriesDrop& drop,
                                               const std::function<NewEntry(const EntriesDropped&)>& tell) {
  TRY(const journal::Gaps before, ReadGaps());
  TRY(const journal::ChainEnd end, LastEntry());
  journal::Gaps gaps = before;
  EntriesDropped dropped{.after = drop.after};
  std::vector<std::uint64_t> gone;
  {
    const ResetAtEnd reset(sql->after);
    sql->after.Bind(1, drop.after);
    for (int looked_at = 0; looked_at < drop.look_at_max; ++looked_at) {
      TRY(const bool found, sql->after.Step());
      const std::uint64_t number = found ? sql->after.Number(0) : end.number;
      dropped.is_done = number >= end.number;
      if (dropped.is_done) break;
      TRY(const journal::Record record, journal::Decode(sql->after.Text(1)));
      dropped.is_done = record.content.at >= drop.before;
      if (dropped.is_done) break;
      dropped.after = number;
      if (drop.attempts_kept.contains(record.content.attempt)) continue;
      gaps.Add(number, std::string(sql->after.Text(2)));
      gone.push_back(number);
    }
  }
  if (gone.empty()) return dropped;
  for (const std::uint64_t number : gone) TRY_OK(sql->drop.Bind(1, number).Run());
  dropped.count = gone.size();
  dropped.first = gone.front();
  dropped.last = gone.back();
  Transaction transaction;
  for (const auto& [first, gap] : gaps.all()) {
    const auto known = before.all().find(first);
    if (known != before.all().end() && known->second == gap) continue;
    transaction.put.push_back({std::string(journal::kGapTable), journal::GapKey(first), journal::Encode(gap)});
  }
  for (const auto& [first, gap] : before.all()) {
    if (!gaps.all().contains(first)) transaction.erase.emplace_back(journal::kGapTable, journal::GapKey(first));
  }
  transaction.entries.push_back(tell(dropped));
  TRY_OK(Write(transaction));
  return dropped;
}

void SqliteStore::Impl::RollBack() {
  // After some failures (a full disk, an I/O error) SQLite has already rolled back by itself.
  if (database->InTransaction()) static_cast<void>(sql->rollback.Run());
}

Statement& SqliteStore::Impl::Select(const EntryFilter& filter) {
  if (filter.object.has_value()) {
    const ObjectName& object = *filter.object;
    sql->by_object.Bind(2, object.ns.str()).Bind(3, object.kind).Bind(4, object.name).Bind(5, filter.attempt);
    return sql->by_object.Bind(1, filter.after);
  }
  if (!filter.attempt.empty()) return sql->by_attempt.Bind(1, filter.after).Bind(2, filter.attempt);
  return sql->after.Bind(1, filter.after);
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& folder) {
  auto impl = std::make_unique<Impl>();
  TRY(LockFile lock, LockFile::Take(folder + "/" + kLockFile));
  impl->lock.emplace(std::move(lock));
  const std::string path = folder + "/" + kDatabaseFile;
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 && errno == ENOENT) TRY_OK(CreateDatabase(path));
  TRY(impl->database, OpenDatabase(path, OpenMode::kReadWrite));
  TRY_OK(impl->Load());
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenReadOnly(const std::string& folder) {
  auto impl = std::make_unique<Impl>();
  TRY(impl->database, OpenDatabase(folder + "/" + kDatabaseFile, OpenMode::kReadOnly));
  TRY_OK(impl->Load());
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

void SqliteStore::SetBusyTimeMax(Duration time) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->database->SetBusyWait(static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
}

Result<void> SqliteStore::SurviveOnlyProcesses() {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->database->Run("PRAGMA synchronous=NORMAL");
}

Result<void> SqliteStore::Commit(const Transaction& transaction) {
  const std::scoped_lock lock(impl_->mutex);
  if (!impl_->lock.has_value()) {
    return Fail(ErrorCode::kDenied, fmt::format("{} is open for reading only.", impl_->database->path()));
  }
  TRY_OK(CheckSizes(transaction));
  TRY_OK(impl_->sql->begin.Run());
  Result<void> written = impl_->Write(transaction);
  if (written.has_value()) written = impl_->sql->commit.Run();
  if (!written.has_value()) impl_->RollBack();
  return written;
}

Result<std::optional<std::string>> SqliteStore::Get(std::string_view table, std::string_view key) {
  const std::scoped_lock lock(impl_->mutex);
  Statement& get = impl_->sql->get;
  const ResetAtEnd reset(get);
  TRY(const bool found, get.Bind(1, table).Bind(2, key).Step());
  if (!found) return std::nullopt;
  return std::string(get.Text(0));
}

Result<std::vector<Row>> SqliteStore::List(std::string_view table, std::string_view key_prefix) {
  const std::scoped_lock lock(impl_->mutex);
  Statement& list = impl_->sql->list;
  const ResetAtEnd reset(list);
  list.Bind(1, table).Bind(2, key_prefix);
  std::vector<Row> rows;
  while (true) {
    TRY(const bool found, list.Step());
    if (!found || !list.Text(0).starts_with(key_prefix)) return rows;
    rows.push_back({std::string(table), std::string(list.Text(0)), std::string(list.Text(1))});
  }
}

Result<std::vector<OutboxRow>> SqliteStore::Outbox() {
  const std::scoped_lock lock(impl_->mutex);
  Statement& outbox = impl_->sql->outbox;
  const ResetAtEnd reset(outbox);
  std::vector<OutboxRow> rows;
  while (true) {
    TRY(const bool found, outbox.Step());
    if (!found) return rows;
    rows.push_back({std::string(outbox.Text(0)), Generation{outbox.Number(1)}, std::string(outbox.Text(2))});
  }
}

Result<std::vector<StoredEntry>> SqliteStore::Entries(const EntryFilter& filter) {
  const std::scoped_lock lock(impl_->mutex);
  Statement& select = impl_->Select(filter);
  const ResetAtEnd reset(select);
  std::vector<StoredEntry> entries;
  while (static_cast<int>(entries.size()) < filter.limit) {
    TRY(const bool found, select.Step());
    if (!found) break;
    StoredEntry entry{select.Number(0), std::string(select.Text(1)), std::string(select.Text(2))};
    if (Sha256Hex(entry.bytes) != entry.hash) {
      return CorruptError(impl_->database->path(), fmt::format("journal entry {} does not have its hash", entry.number));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<void> SqliteStore::VerifyJournal() {
  const std::scoped_lock lock(impl_->mutex);
  TRY(journal::Gaps gaps, impl_->ReadGaps());
  journal::ChainWalk walk(std::move(gaps));
  Statement& after = impl_->sql->after;
  const ResetAtEnd reset(after);
  after.Bind(1, std::uint64_t{0});
  while (true) {
    TRY(const bool found, after.Step());
    if (!found) return {};
    const Result<void> follows = walk.Next(after.Number(0), after.Text(1), after.Text(2));
    if (!follows.has_value()) return CorruptError(impl_->database->path(), follows.error().message);
  }
}

Result<EntriesDropped> SqliteStore::DropEntries(const EntriesDrop& drop,
                                                const std::function<NewEntry(const EntriesDropped&)>& tell) {
  const std::scoped_lock lock(impl_->mutex);
  if (!impl_->lock.has_value()) {
    return Fail(ErrorCode::kDenied, fmt::format("{} is open for reading only.", impl_->database->path()));
  }
  TRY_OK(impl_->sql->begin.Run());
  Result<EntriesDropped> dropped = impl_->Drop(drop, tell);
  if (dropped.has_value()) {
    if (const Result<void> committed = impl_->sql->commit.Run(); !committed.has_value()) {
      dropped = std::unexpected(committed.error());
    }
  }
  if (!dropped.has_value()) impl_->RollBack();
  return dropped;
}

}  // namespace tuesday::sqlite
