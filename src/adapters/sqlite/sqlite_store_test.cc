// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/sqlite_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "adapters/sqlite/database.h"
#include "testing/contracts/sample_entry.h"
#include "testing/temporary_folder.h"

namespace tuesday::sqlite {
namespace {

using tuesday::testing::EntryAbout;

std::unique_ptr<SqliteStore> OpenStore(const TemporaryFolder& folder) {
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::Open(folder.path());
  EXPECT_TRUE(store.has_value()) << ErrorText(store.error());
  return *std::move(store);
}

TEST(SqliteStore, ARestartContinuesStateAndChain) {
  const TemporaryFolder folder;
  for (int round = 1; round <= 3; ++round) {
    const auto store = OpenStore(folder);
    const Transaction transaction = {.put = {{"a", fmt::format("k{}", round), "v"}},
                                     .entries = {EntryAbout("api", "", fmt::format("round {}", round))},
                                     .outbox_put = {{"t", Generation{static_cast<std::uint64_t>(round)}, "p"}}};
    ASSERT_TRUE(store->Commit(transaction).has_value());
    EXPECT_EQ(store->List("a", "")->size(), static_cast<std::size_t>(round));
    EXPECT_EQ(store->Outbox()->front().generation.value, static_cast<std::uint64_t>(round));
    EXPECT_EQ(store->Entries({})->back().number, static_cast<std::uint64_t>(round));
    EXPECT_TRUE(store->VerifyJournal().has_value());
  }
}

TEST(SqliteStore, ASecondDaemonIsToldWhoHasTheFolder) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder);
  const auto second = SqliteStore::Open(folder.path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(second.error().message.contains(fmt::format("process {} ", getpid()))) << second.error().message;
  store.reset();
  EXPECT_TRUE(SqliteStore::Open(folder.path()).has_value());
}

TEST(SqliteStore, IsReadWithNoDaemonAndBesideOne) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder);
  ASSERT_TRUE(store->Commit({.entries = {EntryAbout("api", "", "first")}}).has_value());
  for (const char* when : {"beside a daemon", "with no daemon"}) {
    const auto reader = SqliteStore::OpenReadOnly(folder.path());
    ASSERT_TRUE(reader.has_value()) << when << ": " << ErrorText(reader.error());
    EXPECT_EQ((*reader)->Entries({})->size(), 1U) << when;
    const Result<void> refused = (*reader)->Commit({.put = {{"a", "k", "v"}}});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
    store.reset();
  }
}

TEST(SqliteStore, ReadingAloneMakesNoDatabase) {
  const TemporaryFolder folder;
  const auto reader = SqliteStore::OpenReadOnly(folder.path());
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SqliteStore::Open("/nowhere/at/all").error().code, ErrorCode::kUnavailable);
}

TEST(SqliteStore, RefusesKeysAndValuesOverTheLimit) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder);
  const std::string long_key(kKeyBytesMax + 1, 'k');
  const std::string large(kValueBytesMax + 1, 'v');
  for (const Transaction& transaction :
       {Transaction{.put = {{"a", "fits", "v"}, {"a", long_key, "v"}}},
        Transaction{.put = {{"a", "fits", "v"}, {"a", "k", large}}},
        Transaction{.put = {{"a", "fits", "v"}}, .outbox_put = {{long_key, Generation{1}, "p"}}}}) {
    const Result<void> refused = store->Commit(transaction);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  }
  EXPECT_TRUE(store->List("a", "")->empty());
  EXPECT_TRUE(store->Commit({.put = {{"a", std::string(kKeyBytesMax, 'k'), std::string(kValueBytesMax, 'v')}}}).has_value());
}

TEST(SqliteStore, CallsOfSeveralThreadsAreDoneOneAfterTheOther) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&store] {
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(store->Commit({.entries = {EntryAbout("api", "", "x")}}).has_value());
      });
    }
  }
  EXPECT_EQ(store->Entries({})->size(), 80U);
  EXPECT_TRUE(store->VerifyJournal().has_value());
}

void ChangeDatabase(const TemporaryFolder& folder, const char* sql) {
  const auto database = Database::Open(folder.path(kDatabaseFile), OpenMode::kReadWrite);
  ASSERT_TRUE(database.has_value());
  const Result<void> changed = (*database)->Run(sql);
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
}

struct VersionCase {
  const char* name;
  const char* sql;
  std::optional<ErrorCode> refused;
};

TEST(SqliteStore, OpensWhatANewerProgramSaysItMayAndNothingElse) {
  for (const VersionCase& c :
       {VersionCase{"NewerButReadable", "UPDATE meta SET value = '9' WHERE key = 'format'", std::nullopt},
        VersionCase{"Newer", "UPDATE meta SET value = '9'", ErrorCode::kUnsupported},
        VersionCase{"NoVersion", "DELETE FROM meta", ErrorCode::kCorrupt},
        VersionCase{"NonsenseVersion", "UPDATE meta SET value = '1x'", ErrorCode::kCorrupt},
        VersionCase{"OtherProgram", "PRAGMA application_id=5", ErrorCode::kCorrupt},
        VersionCase{"NoTable", "DROP TABLE outbox", ErrorCode::kCorrupt}}) {
    const TemporaryFolder folder;
    OpenStore(folder).reset();
    ChangeDatabase(folder, c.sql);
    const auto store = SqliteStore::Open(folder.path());
    ASSERT_EQ(store.has_value(), !c.refused.has_value()) << c.name;
    if (c.refused.has_value()) {
      EXPECT_EQ(store.error().code, *c.refused) << c.name << ": " << store.error().message;
    }
  }
}

struct TamperCase {
  const char* name;
  const char* sql;
  const char* named;  // What the error must name.
};

TEST(SqliteStore, VerifyingNamesTheFirstEntryThatSomebodyChanged) {
  for (const TamperCase& c :
       {TamperCase{"Removed", "DELETE FROM journal WHERE number = 3", "entry 3 "},
        TamperCase{"FirstRemoved", "DELETE FROM journal WHERE number = 1", "entry 1 "},
        TamperCase{"Text", "UPDATE journal SET bytes = replace(bytes, 'api', 'apj') WHERE number = 2", "entry 2 "},
        TamperCase{"Hash", "UPDATE journal SET hash = upper(hash) WHERE number = 4", "entry 4 "},
        TamperCase{"Repeated",
                   "UPDATE journal SET (bytes, hash) = (SELECT bytes, hash FROM journal "
                   "WHERE number = 2) WHERE number = 3",
                   "entry 3 "}}) {
    const TemporaryFolder folder;
    {
      const auto store = OpenStore(folder);
      for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->Commit({.entries = {EntryAbout("api", "", "x")}}).has_value());
    }
    ChangeDatabase(folder, c.sql);
    const auto store = OpenStore(folder);
    const Result<void> verified = store->VerifyJournal();
    ASSERT_FALSE(verified.has_value()) << c.name;
    EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt) << c.name;
    EXPECT_TRUE(verified.error().message.contains(c.named)) << c.name << ": " << verified.error().message;
  }
}

TEST(SqliteStore, WaitsForAnotherProgramsLockAndThenSaysSo) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder);
  store->SetBusyTimeMax(std::chrono::milliseconds(10));
  const auto other = Database::Open(folder.path(kDatabaseFile), OpenMode::kReadWrite);
  ASSERT_TRUE(other.has_value());
  ASSERT_TRUE((*other)->Run("BEGIN IMMEDIATE").has_value());
  const Result<void> refused = store->Commit({.put = {{"a", "k", "v"}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().message;
  ASSERT_TRUE((*other)->Run("ROLLBACK").has_value());
  EXPECT_TRUE(store->Commit({.put = {{"a", "k", "v"}}}).has_value());
}

}  // namespace
}  // namespace tuesday::sqlite
