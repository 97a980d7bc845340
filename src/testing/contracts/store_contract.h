// SPDX-License-Identifier: Apache-2.0
// What every Store must do, as tests: instantiated for the real one and for the fake, so that the fake cannot lie.
// It holds the tests themselves: include it in one file of a test program.
//   INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, testing::Values(...factory...));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/journal_keeper.h"
#include "ports/store.h"
#include "testing/contracts/sample_entry.h"
#include "wire/journal/record.h"

namespace tuesday::testing {

// Makes an empty store. What it needs beside (a folder) lives as long as the pointer.
using StoreFactory = std::function<std::shared_ptr<Store>()>;

class StoreContract : public ::testing::TestWithParam<StoreFactory> {
 protected:
  void Commit(const Transaction& transaction) {
    const Result<void> committed = store->Commit(transaction);
    ASSERT_TRUE(committed.has_value()) << ErrorText(committed.error());
  }

  std::vector<std::uint64_t> Numbers(const EntryFilter& filter) {
    const Result<std::vector<StoredEntry>> entries = store->Entries(filter);
    EXPECT_TRUE(entries.has_value());
    std::vector<std::uint64_t> numbers;
    for (const StoredEntry& entry : entries.value()) numbers.push_back(entry.number);
    return numbers;
  }

  std::shared_ptr<Store> store = GetParam()();
};

TEST_P(StoreContract, IsEmptyAtFirst) {
  EXPECT_EQ(store->Get("object", "a").value(), std::optional<std::string>());
  EXPECT_EQ(store->List("object", "").value(), std::vector<Row>());
  EXPECT_EQ(store->Outbox().value(), std::vector<OutboxRow>());
  EXPECT_EQ(Numbers({}), std::vector<std::uint64_t>());
  EXPECT_TRUE(store->VerifyJournal().has_value());
  Commit({});
}

TEST_P(StoreContract, KeepsAnyBytes) {
  const std::vector<std::string> values = {"", "{}", std::string("a\0b", 3), "\xff\xfe", std::string(100'000, 'x'), "'; --"};
  for (const std::string& value : values) {
    const std::string key = "k" + value.substr(0, 100);
    Commit({.put = {{"object", key, value}}});
    EXPECT_EQ(store->Get("object", key).value(), std::optional<std::string>(value));
  }
  EXPECT_EQ(store->List("object", "")->size(), values.size());
}

TEST_P(StoreContract, ListsOneTableByPrefixInTheOrderOfBytes) {
  Commit({.put = {{"a", "x/2", "2"},
                  {"a", "x/10", "10"},
                  {"a", "x", "0"},
                  {"a", "y", "y"},
                  {"a", "x/\xc3\xa9", "e"},
                  {"a", "X/1", "X"},
                  {"b", "x/1", "other"}}});
  EXPECT_EQ(store->List("a", "x/").value(),
            (std::vector<Row>{{"a", "x/10", "10"}, {"a", "x/2", "2"}, {"a", "x/\xc3\xa9", "e"}}));
  EXPECT_EQ(store->List("a", "")->size(), 6U);
  EXPECT_EQ(store->List("b", "").value(), (std::vector<Row>{{"b", "x/1", "other"}}));
  EXPECT_EQ(store->List("c", "").value(), std::vector<Row>());
  EXPECT_EQ(store->List("a", "z").value(), std::vector<Row>());
}

TEST_P(StoreContract, TheLastPutWinsAndErasingComesAfterPutting) {
  Commit({.put = {{"a", "k", "1"}, {"a", "k", "2"}, {"a", "gone", "1"}}, .erase = {{"a", "gone"}, {"a", "never"}}});
  EXPECT_EQ(store->List("a", "").value(), (std::vector<Row>{{"a", "k", "2"}}));
  Commit({.put = {{"a", "k", "3"}}});
  EXPECT_EQ(store->Get("a", "k").value(), std::optional<std::string>("3"));
}

TEST_P(StoreContract, TheOutboxHoldsOneRowForATargetUntilThatGenerationIsDone) {
  Commit({.outbox_put = {{"route a", Generation{1}, "one"}, {"count b", Generation{7}, "b"}}});
  Commit({.outbox_put = {{"route a", Generation{2}, "two"}}});
  EXPECT_EQ(store->Outbox().value(),
            (std::vector<OutboxRow>{{"count b", Generation{7}, "b"}, {"route a", Generation{2}, "two"}}));
  Commit({.outbox_done = {{"route a", Generation{1}}, {"count b", Generation{7}}, {"nobody", Generation{1}}}});
  EXPECT_EQ(store->Outbox().value(), (std::vector<OutboxRow>{{"route a", Generation{2}, "two"}}))
      << "An old answer changes nothing.";
  Commit({.outbox_done = {{"route a", Generation{2}}}});
  EXPECT_EQ(store->Outbox().value(), std::vector<OutboxRow>());
}

TEST_P(StoreContract, NumbersEntriesWithoutGapsAndChainsThem) {
  Commit({.entries = {EntryAbout("api", "u.1", "first"), EntryAbout("web", "", "second")}});
  Commit({.put = {{"a", "k", "v"}}});
  Commit({.entries = {EntryAbout("api", "u.2", "third")}});
  const Result<std::vector<StoredEntry>> entries = store->Entries({});
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 3U);
  journal::ChainEnd end;
  for (const StoredEntry& entry : *entries) {
    EXPECT_EQ(entry.number, end.number + 1);
    const Result<journal::ChainEnd> next = journal::VerifyNext(end, entry.bytes, entry.hash);
    ASSERT_TRUE(next.has_value()) << next.error().message;
    end = *next;
  }
  const Result<journal::Record> third = journal::Decode(entries->back().bytes);
  ASSERT_TRUE(third.has_value());
  const NewEntry expected = EntryAbout("api", "u.2", "third");
  EXPECT_EQ(third->content, (journal::Content{expected.at, expected.object, expected.attempt, expected.entry}));
  EXPECT_TRUE(store->VerifyJournal().has_value());
}

TEST_P(StoreContract, FindsEntriesByEachFilter) {
  Commit({.entries = {EntryAbout("api", "u.1", "1"), EntryAbout("web", "w.1", "2"), EntryAbout("api", "u.2", "3"),
                      EntryAbout("api", "", "4"), EntryAbout("api", "u.2", "5")}});
  using Numbered = std::vector<std::uint64_t>;
  const ObjectName api = {Namespace("default"), "Rollout", "api"};
  EXPECT_EQ(Numbers({}), (Numbered{1, 2, 3, 4, 5}));
  EXPECT_EQ(Numbers({.after = 3}), (Numbered{4, 5}));
  EXPECT_EQ(Numbers({.after = 5}), Numbered());
  EXPECT_EQ(Numbers({.after = 1, .limit = 2}), (Numbered{2, 3}));
  EXPECT_EQ(Numbers({.object = api}), (Numbered{1, 3, 4, 5}));
  EXPECT_EQ(Numbers({.after = 1, .object = api, .limit = 2}), (Numbered{3, 4}));
  EXPECT_EQ(Numbers({.attempt = "u.2"}), (Numbered{3, 5}));
  EXPECT_EQ(Numbers({.after = 3, .object = api, .attempt = "u.2"}), (Numbered{5}));
  EXPECT_EQ(Numbers({.object = api, .attempt = "w.1"}), Numbered());
  EXPECT_EQ(Numbers({.object = ObjectName{Namespace("production"), "Rollout", "api"}}), Numbered());
}

// A store lets entries go too, as far as it is a keeper.
class JournalKeeping : public StoreContract {
 protected:
  EntriesDropped Drop(EntriesDrop drop) {
    auto* keeper = dynamic_cast<JournalKeeper*>(store.get());
    EXPECT_NE(keeper, nullptr);
    const Result<EntriesDropped> dropped = keeper->DropEntries(drop, [](const EntriesDropped& gone) {
      NewEntry told = EntryAbout("journal", "", std::to_string(gone.count) + " are gone");
      told.at = WallTime(std::chrono::hours(1'000'000));
      return told;
    });
    EXPECT_TRUE(dropped.has_value()) << ErrorText(dropped.error());
    return dropped.value_or(EntriesDropped{});
  }
  // Entries 1, 2, ... of these attempts, an hour apart.
  void CommitHourly(const std::vector<std::string>& attempts) {
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      NewEntry entry = EntryAbout("api", attempts[i], "entry");
      entry.at = WallTime(std::chrono::hours(i + 1));
      Commit({.entries = {entry}});
    }
  }
};

using Kept = std::vector<std::uint64_t>;

TEST_P(JournalKeeping, TheChainIsWholeOverWhatWasLetGo) {
  CommitHourly({"u.1", "u.1", "u.2", "u.3", "", "u.4"});
  const EntriesDropped dropped = Drop({.before = WallTime(std::chrono::hours(5))});
  EXPECT_EQ(dropped.count, 4U);
  EXPECT_EQ(dropped.first, 1U);
  EXPECT_EQ(dropped.last, 4U);
  EXPECT_TRUE(dropped.is_done);
  EXPECT_EQ(Numbers({}), (Kept{5, 6, 7})) << "5 is young enough, 7 tells of it.";
  EXPECT_TRUE(store->VerifyJournal().has_value());
  Commit({.entries = {EntryAbout("api", "", "later")}});
  EXPECT_EQ(Numbers({}), (Kept{5, 6, 7, 8}));
  EXPECT_TRUE(store->VerifyJournal().has_value());
}

TEST_P(JournalKeeping, WhatIsStillReferredToStaysBetweenGaps) {
  CommitHourly({"u.1", "u.2", "u.1", "u.3", "u.2", "u.3", "u.4"});
  EXPECT_EQ(Drop({.before = WallTime(std::chrono::hours(7)), .attempts_kept = {"u.2"}}).count, 4U);
  EXPECT_EQ(Numbers({}), (Kept{2, 5, 7, 8}));
  EXPECT_TRUE(store->VerifyJournal().has_value());
  // Later nothing refers to it any more: the gaps become one.
  EXPECT_EQ(Drop({.before = WallTime(std::chrono::hours(7))}).count, 2U);
  EXPECT_EQ(Numbers({}), (Kept{7, 8, 9}));
  EXPECT_TRUE(store->VerifyJournal().has_value());
}

TEST_P(JournalKeeping, GoesOnFromWhereAStepEnded) {
  CommitHourly({"u.1", "u.1", "u.9", "u.1", "u.1", "u.1"});
  EntriesDrop drop{.before = WallTime(std::chrono::hours(6)), .attempts_kept = {"u.9"}, .look_at_max = 2};
  std::uint64_t count = 0;
  for (int step = 0; step < 10; ++step) {
    const EntriesDropped dropped = Drop(drop);
    EXPECT_TRUE(store->VerifyJournal().has_value()) << "after each step";
    count += dropped.count;
    drop.after = dropped.after;
    if (dropped.is_done) break;
  }
  EXPECT_EQ(count, 4U);
  EXPECT_EQ(Numbers({.limit = 2}), (Kept{3, 6}));
}

TEST_P(JournalKeeping, TheLastEntryStaysAndNothingIsToldOfNothing) {
  CommitHourly({"u.1"});
  const EntriesDropped dropped = Drop({.before = WallTime(std::chrono::hours(100))});
  EXPECT_EQ(dropped.count, 0U);
  EXPECT_TRUE(dropped.is_done);
  EXPECT_EQ(Numbers({}), (Kept{1}));
}

TEST_P(StoreContract, ChangesNothingWhenOneEntryCannotBeWritten) {
  Commit(
      {.put = {{"a", "k", "old"}}, .entries = {EntryAbout("api", "", "first")}, .outbox_put = {{"t", Generation{1}, "old"}}});
  NewEntry large = EntryAbout("api", "", "too large");
  large.entry.data["samples"] = std::string(journal::kRecordBytesMax, 'x');
  const Result<void> refused = store->Commit({.put = {{"a", "k", "new"}, {"a", "other", "new"}},
                                              .erase = {{"a", "k"}},
                                              .entries = {EntryAbout("api", "", "fits"), large},
                                              .outbox_put = {{"t", Generation{2}, "new"}},
                                              .outbox_done = {{"t", Generation{1}}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(store->List("a", "").value(), (std::vector<Row>{{"a", "k", "old"}}));
  EXPECT_EQ(store->Outbox().value(), (std::vector<OutboxRow>{{"t", Generation{1}, "old"}}));
  EXPECT_EQ(Numbers({}), (std::vector<std::uint64_t>{1}));
  Commit({.entries = {EntryAbout("api", "", "second")}});
  EXPECT_EQ(Numbers({}), (std::vector<std::uint64_t>{1, 2})) << "A refused entry leaves no gap.";
  EXPECT_TRUE(store->VerifyJournal().has_value());
}

}  // namespace tuesday::testing
