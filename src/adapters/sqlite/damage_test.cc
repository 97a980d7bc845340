// SPDX-License-Identifier: Apache-2.0
// What happens to the store when the disk lies, is full, or the process is killed: a defined answer, never a wrong one.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/sqlite/checksum_vfs.h"
#include "adapters/sqlite/sqlite_store.h"
#include "testing/contracts/sample_entry.h"
#include "testing/temporary_folder.h"

namespace tuesday::sqlite {
namespace {

using tuesday::testing::EntryAbout;

// Everything that can be read of a store.
struct Contents {
  std::vector<Row> rows;
  std::vector<OutboxRow> outbox;
  std::vector<std::string> journal;
  std::vector<std::string> of_api;
  std::vector<std::string> of_attempt;

  friend bool operator==(const Contents&, const Contents&) = default;
};

Result<std::vector<std::string>> BytesOf(Store& store, const EntryFilter& filter) {
  TRY(const std::vector<StoredEntry> entries, store.Entries(filter));
  std::vector<std::string> bytes;
  for (const StoredEntry& entry : entries) bytes.push_back(entry.bytes);
  return bytes;
}

Result<Contents> ReadEverything(const std::string& folder) {
  TRY(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(folder));
  Contents contents;
  for (const char* table : {"a", "b"}) {
    TRY(const std::vector<Row> rows, store->List(table, ""));
    for (const Row& row : rows) {
      TRY(const std::optional<std::string> value, store->Get(row.table, row.key));
      EXPECT_EQ(value, row.value);
      contents.rows.push_back(row);
    }
  }
  TRY(contents.outbox, store->Outbox());
  TRY(contents.journal, BytesOf(*store, {}));
  TRY(contents.of_api, BytesOf(*store, {.object = ObjectName{Namespace("default"), "Rollout", "api"}}));
  TRY(contents.of_attempt, BytesOf(*store, {.attempt = "u.1"}));
  TRY_OK(store->VerifyJournal());
  TRY_OK(store->Commit({.put = {{"c", "after", "damage"}}}));
  return contents;
}

// A database with every kind of page: inner nodes, leaves, overflow, indexes and free ones.
void Fill(const std::string& folder) {
  const auto store = SqliteStore::Open(folder).value();
  for (int i = 0; i < 40; ++i) {
    const Transaction transaction = {.put = {{i % 2 == 0 ? "a" : "b", fmt::format("k{}", i), std::string(400, 'v')}},
                                     .entries = {EntryAbout(i % 3 == 0 ? "api" : "web", i % 5 == 0 ? "u.1" : "", "x")},
                                     .outbox_put = {{fmt::format("t{}", i % 7), Generation{1}, "p"}}};
    ASSERT_TRUE(store->Commit(transaction).has_value());
  }
  ASSERT_TRUE(
      store->Commit({.put = {{"a", "large", std::string(20'000, 'x')}, {"a", "gone", std::string(20'000, 'y')}}}).has_value());
  ASSERT_TRUE(store->Commit({.erase = {{"a", "gone"}}}).has_value());
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class DamagedDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    const TemporaryFolder folder;
    Fill(folder.path());
    whole = ReadFile(folder.path(kDatabaseFile));
    ASSERT_FALSE(std::filesystem::exists(folder.path("tuesday.db-wal"))) << "A clean end leaves one file.";
    expected = ReadBytes(whole).value();
  }

  static Result<Contents> ReadBytes(std::string_view bytes) {
    const TemporaryFolder folder;
    WriteFile(folder.path(kDatabaseFile), bytes);
    return ReadEverything(folder.path());
  }

  // True when the damage was seen.
  bool IsSeenOrHarmless(std::string_view bytes, const std::string& what) const {
    const Result<Contents> contents = ReadBytes(bytes);
    if (contents.has_value()) {
      EXPECT_TRUE(*contents == expected) << what << " reads back wrong.";
      return false;
    }
    EXPECT_EQ(contents.error().code, ErrorCode::kCorrupt) << what << ": " << contents.error().message;
    EXPECT_FALSE(contents.error().hint.empty());
    return true;
  }

  std::string whole;
  Contents expected;
};

TEST_F(DamagedDatabase, IsSeenInEveryPageThatIsUsed) {
  const std::size_t pages = whole.size() / kPageBytes;
  ASSERT_GT(pages, 20U);
  std::size_t seen = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    bool page_seen = false;
    for (const std::size_t offset : {0, 5, 18, 24, 100, 2000, kPageBytes - 20, kPageBytes - 1}) {
      std::string bytes = whole;
      char& byte = bytes[page * kPageBytes + offset];
      byte = static_cast<char>(byte ^ 0x10);
      page_seen |= IsSeenOrHarmless(bytes, fmt::format("A flip in page {} at {}", page + 1, offset));
    }
    seen += page_seen ? 1 : 0;
  }
  EXPECT_GT(seen, pages / 2) << "All but the free pages.";
}

TEST_F(DamagedDatabase, IsSeenWhenTwoPagesChangedPlaces) {
  for (std::size_t page = 1; page + 1 < whole.size() / kPageBytes; ++page) {
    std::string bytes = whole;
    std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(page * kPageBytes),
                     bytes.begin() + static_cast<std::ptrdiff_t>((page + 1) * kPageBytes),
                     bytes.begin() + static_cast<std::ptrdiff_t>((page + 1) * kPageBytes));
    IsSeenOrHarmless(bytes, fmt::format("Page {} exchanged with the next", page + 1));
  }
}

TEST_F(DamagedDatabase, IsSeenWhenItsEndIsMissing) {
  for (std::size_t size = 0; size < whole.size(); size += kPageBytes) {
    EXPECT_TRUE(IsSeenOrHarmless(whole.substr(0, size), fmt::format("Cut to {} bytes", size)));
    IsSeenOrHarmless(whole.substr(0, size + 1000), fmt::format("Cut to {} bytes", size + 1000));  // A free page may be cut.
  }
  EXPECT_TRUE(IsSeenOrHarmless("nonsense", "Another file"));
  EXPECT_TRUE(IsSeenOrHarmless(std::string(whole.size(), '\0'), "Zeros"));
}

// Runs `child` in a process of its own and returns its wait status. It must end by _exit or a signal.
template <typename Child>
pid_t Start(Child child) {
  const pid_t pid = fork();
  if (pid == 0) {
    child();
    _exit(99);
  }
  return pid;
}

TEST(KilledWriter, LosesNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
    const pid_t writer = Start([&] {
      const auto store = SqliteStore::Open(folder.path()).value();
      std::uint64_t number = store->Entries({.limit = 1'000'000})->size();
      while (true) {
        ++number;
        const Transaction transaction = {.put = {{"a", "last", fmt::format("{}", number)}},
                                         .entries = {EntryAbout("api", "u.1", fmt::format("{}", number))},
                                         .outbox_put = {{"t", Generation{number}, std::string(3000, 'p')}}};
        if (!store->Commit(transaction).has_value()) _exit(1);
        if (write(pipe_ends[1], &number, sizeof number) != sizeof number) _exit(2);
      }
    });
    close(pipe_ends[1]);
    // A different number of commits each round; the kill then hits the writer anywhere in the next ones.
    for (int commits = 0; commits < 3 + round * 7 % 20; ++commits) {
      ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    }
    kill(writer, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {}
    close(pipe_ends[0]);
    const auto store = SqliteStore::Open(folder.path());
    ASSERT_TRUE(store.has_value()) << ErrorText(store.error());
    ASSERT_TRUE((*store)->VerifyJournal().has_value());
    const std::uint64_t written = (*store)->Entries({.limit = 1'000'000})->size();
    EXPECT_GE(written, acknowledged);
    EXPECT_EQ((*store)->Get("a", "last").value(), fmt::format("{}", written)) << "Rows and journal are of one transaction.";
    EXPECT_EQ((*store)->Outbox()->front().generation.value, written);
  }
}

TEST(FullDisk, RefusesACommitAsAWholeAndGoesOnWhenThereIsRoom) {
  const TemporaryFolder folder;
  // A limit of the file size fails writes as a full disk does, at any byte, and needs no rights. In a process of its own.
  const pid_t writer = Start([&] {
    const auto store = SqliteStore::Open(folder.path()).value();
    if (!store->Commit({.put = {{"a", "k", "old"}}, .entries = {EntryAbout("api", "", "first")}}).has_value()) _exit(1);
    signal(SIGXFSZ, SIG_IGN);
    const auto size = static_cast<rlim_t>(std::filesystem::file_size(folder.path("tuesday.db-wal")));
    for (const rlim_t room : {0, 1, 100, 4000, 9000, 30'000}) {
      rlimit limit{size + room, RLIM_INFINITY};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
      const Result<void> refused = store->Commit({.put = {{"a", "k", "new"}, {"a", "large", std::string(100'000, 'x')}},
                                                  .entries = {EntryAbout("api", "", "lost")},
                                                  .outbox_put = {{"t", Generation{1}, "p"}}});
      if (refused.has_value()) _exit(3);
      // SQLite tells a full disk (kLimit) from other failed writes by ENOSPC only; a limit of the size is EFBIG.
      const ErrorCode code = refused.error().code;
      if (code != ErrorCode::kLimit && code != ErrorCode::kUnavailable) _exit(4);
      if (store->List("a", "").value() != std::vector<Row>{{"a", "k", "old"}}) _exit(5);
      if (!store->Outbox()->empty() || store->Entries({})->size() != 1) _exit(6);
    }
    rlimit room{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &room) != 0) _exit(7);
    if (!store->Commit({.put = {{"a", "k", "new"}}, .entries = {EntryAbout("api", "", "second")}}).has_value()) _exit(8);
    _exit(store->VerifyJournal().has_value() && store->Entries({})->size() == 2 ? 0 : 9);
  });
  int status = 0;
  ASSERT_EQ(waitpid(writer, &status, 0), writer);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(SqliteStore::Open(folder.path()).value()->Get("a", "k").value(), std::optional<std::string>("new"));
}

}  // namespace
}  // namespace tuesday::sqlite
