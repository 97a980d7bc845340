// SPDX-License-Identifier: Apache-2.0
#include "adapters/seal/sealed_store.h"

#include <gmock/gmock.h>

#include "testing/fake_store.h"
#include "testing/temporary_folder.h"
#include "wire/runs/list.h"
#include "wire/runs/runs.h"
#include "wire/state/keys.h"

namespace tuesday::seal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Bench {
  TemporaryFolder folder;
  testing::FakeStore behind;
  SealedStore store{behind, *Sealer::OpenOrMake(folder.path() + "/secret.key")};

  void Put(std::string_view table, const std::string& key) {
    Transaction transaction;
    transaction.put.push_back({std::string(table), key, "it is hunter2"});
    ASSERT_TRUE(store.Commit(transaction));
  }
  std::string Behind(std::string_view table, const std::string& key) { return behind.Get(table, key).value().value_or(""); }
};

TEST(SealedStore, RowsWithSecretsAreSealedAndReadBack) {
  Bench bench;
  for (const auto& [table, key] : {std::pair(state::kObjectTable, std::string("default/Secret/db")),
                                   std::pair(state::kRevisionTable, std::string("default/api/abc")),
                                   std::pair(runs::kRunTable, std::string("000000000007/record")),
                                   std::pair(runs::kPendingTable, std::string("000000000007"))}) {
    bench.Put(table, key);
    EXPECT_THAT(bench.Behind(table, key), Not(HasSubstr("hunter2")));
    EXPECT_EQ(bench.store.Get(table, key).value().value_or(""), "it is hunter2");
    EXPECT_EQ(bench.store.List(table, "").value().at(0).value, "it is hunter2");
  }
}

TEST(SealedStore, OtherRowsStayAsTheyAre) {
  Bench bench;
  bench.Put(state::kObjectTable, "default/ConfigMap/db");
  EXPECT_EQ(bench.Behind(state::kObjectTable, "default/ConfigMap/db"), "it is hunter2");
}

TEST(SealedStore, WhatAnOlderTuesdayLeftInTheClearIsSealedAtTheStart) {
  Bench bench;
  Transaction old;
  old.put.push_back({std::string(state::kObjectTable), "default/Secret/db", "it is hunter2"});
  ASSERT_TRUE(bench.behind.Commit(old));
  EXPECT_EQ(bench.store.Get(state::kObjectTable, "default/Secret/db").value().value_or(""), "it is hunter2");
  ASSERT_TRUE(bench.store.SealOldRows());
  EXPECT_THAT(bench.Behind(state::kObjectTable, "default/Secret/db"), Not(HasSubstr("hunter2")));
  EXPECT_EQ(bench.store.Get(state::kObjectTable, "default/Secret/db").value().value_or(""), "it is hunter2");
}

}  // namespace
}  // namespace tuesday::seal
