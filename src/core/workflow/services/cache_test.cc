// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/cache.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

const std::string kMain = "refs/heads/main";
const std::string kChange = "refs/pull/7/merge";

CacheEntry Entry(std::int64_t id, std::string key, std::string scope, int second) {
  return {.id = id,
          .key = std::move(key),
          .version = "v",
          .scope = std::move(scope),
          .size_bytes = 1,
          .created = WallTime(std::chrono::seconds(second))};
}

TEST(CacheScopes, AreTheRefThenItsBaseThenTheDefaultBranch) {
  const auto scopes = ScopesOf(kChange, "release", "main");
  ASSERT_EQ(scopes.size(), 3U);
  EXPECT_EQ(scopes[0], (CacheScope{kChange, CacheAccess::kWrite}));
  EXPECT_EQ(scopes[1], (CacheScope{"refs/heads/release", CacheAccess::kRead}));
  EXPECT_EQ(scopes[2], (CacheScope{kMain, CacheAccess::kRead}));
  EXPECT_EQ(WritableScope(scopes).value(), kChange);
}

TEST(CacheScopes, NameEachRefOnce) {
  EXPECT_EQ(ScopesOf(kMain, "", "main").size(), 1U);
  EXPECT_FALSE(WritableScope(ScopesOf("", "main", "")).has_value());
}

TEST(CacheEntries, AreFoundInTheOrderOfTheSpecification) {
  const std::vector<CacheEntry> entries = {
      Entry(1, "npm-a", kMain, 1),   Entry(2, "npm-a-long", kMain, 9),  Entry(3, "npm-b", kMain, 5),
      Entry(4, "other", kChange, 3), Entry(5, "npm-z", kChange, 2),     Entry(6, "twin-1", kMain, 4),
      Entry(7, "twin-2", kMain, 4),  Entry(8, "private", kChange, 100),
  };
  const auto change = ScopesOf(kChange, "main", "main");
  const auto main = ScopesOf(kMain, "", "main");
  struct Row {
    const char* name;
    std::vector<std::string> keys;
    std::vector<CacheScope> scopes;
    std::int64_t found;
  };
  for (const Row& row : std::vector<Row>{
           {"TheSameKeyBeforeANewerThatBeginsWithIt", {"npm-a"}, main, 1},
           {"ThenTheNewestThatBeginsWithIt", {"npm-"}, main, 2},
           {"RestoreKeysInOrder", {"none", "npm-b", "npm-a"}, main, 3},
           {"TheOwnScopeBeforeABetterKeyElsewhere", {"npm-a", "npm-"}, change, 5},
           {"TheBaseWhenTheOwnHasNone", {"npm-b"}, change, 3},
           {"OfTwoAsNewTheLater", {"twin-"}, main, 7},
           {"WhatAChangeWroteIsNeverMains", {"private"}, main, 0},
           {"AndNothingWhereNothingIs", {"none"}, change, 0},
       }) {
    const CacheEntry* found = FindEntry(entries, row.keys, "v", row.scopes);
    EXPECT_EQ(found == nullptr ? 0 : found->id, row.found) << row.name;
  }
  EXPECT_EQ(FindEntry(entries, {"npm-a"}, "other paths", main), nullptr);
}

}  // namespace
}  // namespace tuesday::workflow
