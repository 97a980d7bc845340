// SPDX-License-Identifier: Apache-2.0
// The cache by both interfaces, and what a change may not do to main.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/services/services_test_client.h"

namespace tuesday::services {
namespace {

using ::testing::HasSubstr;

const std::string kChange = "refs/pull/7/merge";

Json Create(TestServices& world, const std::string& token, const std::string& key) {
  return TestServices::BodyOf(world.Call("CreateCacheEntry", token, {{"key", Json(key)}, {"version", Json("v")}}));
}

void Store(TestServices& world, const std::string& token, const std::string& key, const std::string& content) {
  const Json created = Create(world, token, key);
  ASSERT_TRUE(created.At("ok").BoolOr(false)) << key;
  ASSERT_EQ(world.Put(created.At("signed_upload_url").StringOr(""), "", content).status, 201);
  const auto finished =
      world.Call("FinalizeCacheEntryUpload", token,
                 {{"key", Json(key)}, {"version", Json("v")}, {"size_bytes", Json(std::to_string(content.size()))}});
  ASSERT_TRUE(TestServices::BodyOf(finished).At("ok").BoolOr(false)) << finished.body;
}

// What is found, or "-".
std::string Restored(TestServices& world, const std::string& token, const std::string& key, Json::Array restore = {}) {
  const auto answer = world.Call("GetCacheEntryDownloadURL", token,
                                 {{"key", Json(key)}, {"restore_keys", Json(std::move(restore))}, {"version", Json("v")}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  const Json body = TestServices::BodyOf(answer);
  if (!body.At("ok").BoolOr(false)) return "-";
  return body.At("matched_key").StringOr("") + ":" +
         TestServices::ContentOf(world.Get(body.At("signed_download_url").StringOr("")));
}

TEST(CacheService, FindsWhatWasStoredAndNeverChangesIt) {
  TestServices world;
  const std::string token = world.Token("run-1", "build");
  EXPECT_EQ(Restored(world, token, "npm-1"), "-");
  Store(world, token, "npm-1", "content");
  EXPECT_EQ(Restored(world, token, "npm-1"), "npm-1:content");
  EXPECT_EQ(Restored(world, token, "npm-2", {Json("yarn-"), Json("npm-")}), "npm-1:content");
  const Json again = Create(world, token, "npm-1");
  EXPECT_FALSE(again.At("ok").BoolOr(true));
  EXPECT_THAT(again.At("message").StringOr(""), HasSubstr("already exists"));
}

TEST(CacheService, OfTwoThatStoreTheSameTheFirstWins) {
  TestServices world;
  const std::string one = world.Token("run-1", "one");
  const std::string two = world.Token("run-1", "two");
  const std::string address = Create(world, one, "k").At("signed_upload_url").StringOr("");
  Store(world, two, "k", "second");
  EXPECT_EQ(world.Put(address, "", "first!").status, 201);
  const auto late =
      world.Call("FinalizeCacheEntryUpload", one, {{"key", Json("k")}, {"version", Json("v")}, {"size_bytes", Json("6")}});
  EXPECT_FALSE(TestServices::BodyOf(late).At("ok").BoolOr(true));
  EXPECT_EQ(Restored(world, one, "k"), "k:second");
}

TEST(CacheService, AChangeReadsMainsEntriesAndNeverWritesThem) {
  TestServices world;
  const std::string main = world.Token("run-1", "build");
  const std::string change = world.Token("run-2", "build", kChange);
  Store(world, change, "npm-1", "poison");
  EXPECT_EQ(Restored(world, main, "npm-1", {Json("npm-")}), "-");
  Store(world, main, "npm-1", "clean");
  EXPECT_EQ(Restored(world, main, "npm-1"), "npm-1:clean");
  EXPECT_EQ(Restored(world, change, "npm-1"), "npm-1:poison") << "its own entry is nearer";
  EXPECT_EQ(Restored(world, world.Token("run-3", "build", "refs/pull/8/merge"), "npm-1"), "npm-1:clean");
  const Json::Object scope = {{"scope", Json("refs/heads/main")}, {"permission", Json("3")}};
  const auto forged = world.Call("CreateCacheEntry", change,
                                 {{"key", Json("npm-2")},
                                  {"version", Json("v")},
                                  {"metadata", Json(Json::Object{{"scope", Json(Json::Array{Json(scope)})}})}});
  EXPECT_EQ(forged.status, 403) << forged.body;
}

TEST(CacheService, RefusesKeysAndUploadsThatAreNotOnes) {
  TestServices world;
  const std::string token = world.Token("run-1", "build");
  for (const std::string& key : {std::string(), std::string("a,b"), std::string(513, 'k')}) {
    EXPECT_EQ(world.Call("CreateCacheEntry", token, {{"key", Json(key)}, {"version", Json("v")}}).status, 400) << key;
  }
  const auto none =
      world.Call("FinalizeCacheEntryUpload", token, {{"key", Json("k")}, {"version", Json("v")}, {"size_bytes", Json("1")}});
  EXPECT_EQ(none.status, 404);
  EXPECT_TRUE(Create(world, token, "k").At("ok").BoolOr(false));
  const auto other = world.Call("FinalizeCacheEntryUpload", world.Token("run-1", "other"),
                                {{"key", Json("k")}, {"version", Json("v")}, {"size_bytes", Json("0")}});
  EXPECT_EQ(other.status, 404) << "another job's upload is not there for it";
  EXPECT_EQ(world.Call("CreateCacheEntry", "", {{"key", Json("k")}, {"version", Json("v")}}).status, 403);
}

TEST(CacheService, LetsTheOldestGoWhenThereIsTooMuch) {
  TestServices world({.cache_bytes_max = 10});
  const std::string token = world.Token("run-1", "build");
  for (const char* key : {"a", "b", "c"}) {
    Store(world, token, key, "1234");
    world.clock.JumpWall(std::chrono::seconds(1));
  }
  EXPECT_EQ(Restored(world, token, "a"), "-");
  EXPECT_EQ(Restored(world, token, "b"), "b:1234");
  EXPECT_EQ(Restored(world, token, "c"), "c:1234");
}

TEST(OldCache, StoresInPiecesAndFinds) {
  TestServices world;
  const std::string token = world.Token("run-1", "build");
  const std::string base = "/_apis/artifactcache/";
  EXPECT_EQ(world.Send("GET", base + "cache?keys=k&version=v", token, "").status, 204);
  const auto reserved = world.Send("POST", base + "caches", token, R"({"key":"k-1","version":"v","cacheSize":6})");
  ASSERT_EQ(reserved.status, 201) << reserved.body;
  const std::string upload = base + "caches/" + std::to_string(TestServices::BodyOf(reserved).At("cacheId").IntOr(0));
  EXPECT_EQ(world.Send("PATCH", upload, token, "def", {{"content-range", "bytes 3-5/*"}}).status, 204);
  EXPECT_EQ(world.Send("PATCH", upload, token, "abc", {{"content-range", "bytes 0-2/*"}}).status, 204);
  EXPECT_EQ(world.Send("PATCH", upload, token, "abc", {{"content-range", "bytes 0-9/*"}}).status, 400);
  EXPECT_EQ(world.Send("PATCH", upload, token, "abc").status, 400);
  EXPECT_EQ(world.Send("PATCH", upload, world.Token("run-1", "other"), "abc", {{"content-range", "bytes 0-2/*"}}).status, 403);
  EXPECT_EQ(world.Send("POST", upload, token, R"({"size":6})").status, 204);
  EXPECT_EQ(world.Send("POST", base + "caches", token, R"({"key":"k-1","version":"v"})").status, 409);
  const auto found = world.Send("GET", base + "cache?keys=none,k-&version=v", token, "");
  ASSERT_EQ(found.status, 200);
  const Json body = TestServices::BodyOf(found);
  EXPECT_EQ(body.At("cacheKey").StringOr(""), "k-1");
  EXPECT_EQ(body.At("scope").StringOr(""), "refs/heads/main");
  EXPECT_EQ(TestServices::ContentOf(world.Get(body.At("archiveLocation").StringOr(""))), "abcdef");
  const auto listed = world.Send("GET", base + "caches?key=k", token, "");
  EXPECT_EQ(TestServices::BodyOf(listed).At("totalCount").IntOr(0), 1);
}

}  // namespace
}  // namespace tuesday::services
