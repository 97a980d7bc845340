// SPDX-License-Identifier: Apache-2.0
// Artifacts as clients ask for them, and as those ask who should not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/services/services_test_client.h"
#include "base/digest.h"

namespace tuesday::services {
namespace {

using ::testing::HasSubstr;

Json::Object Ids(const std::string& run, const std::string& job, const std::string& name) {
  return {{"workflow_run_backend_id", Json(run)}, {"workflow_job_run_backend_id", Json(job)}, {"name", Json(name)}};
}

std::string Begin(TestServices& world, const std::string& name) {
  Json::Object body = Ids("run-1", "build", name);
  body["version"] = Json(4);
  const auto answer = world.Call("CreateArtifact", world.Token("run-1", "build"), std::move(body));
  EXPECT_EQ(answer.status, 200) << answer.body;
  return TestServices::BodyOf(answer).At("signed_upload_url").StringOr(std::string(kTestOrigin));
}

http::HttpResponse Finish(TestServices& world, const std::string& name, std::size_t size, const std::string& hash = "") {
  Json::Object body = Ids("run-1", "build", name);
  body["size"] = Json(std::to_string(size));
  if (!hash.empty()) body["hash"] = Json(hash);
  return world.Call("FinalizeArtifact", world.Token("run-1", "build"), std::move(body));
}

void Store(TestServices& world, const std::string& name, const std::string& content) {
  EXPECT_EQ(world.Put(Begin(world, name), "", content).status, 201);
  const auto answer = Finish(world, name, content.size());
  EXPECT_EQ(answer.status, 200) << answer.body;
}

std::string AddressOfStored(TestServices& world, const std::string& name) {
  const auto answer = world.Call("GetSignedArtifactURL", world.Token("run-1", "other"), Ids("run-1", "build", name));
  return TestServices::BodyOf(answer).At("signed_url").StringOr(std::string(kTestOrigin));
}

TEST(ArtifactService, PutsBlocksTogetherByTheListInWhateverOrderTheyCame) {
  TestServices world;
  const std::string address = Begin(world, "dist");
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=Mg%3D%3D", "two").status, 201);
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=MQ%3D%3D", "stale").status, 201);
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=MQ%3D%3D", "one").status, 201);
  const auto listed = world.Put(
      address, "&comp=blocklist",
      R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest></BlockList>)");
  EXPECT_EQ(listed.status, 201) << listed.body;
  EXPECT_NE(listed.Header("x-ms-request-id"), "");
  const auto finished = Finish(world, "dist", 6, "sha256:" + Sha256Hex("onetwo"));
  EXPECT_EQ(TestServices::BodyOf(finished).At("artifact_id").StringOr(""), "1") << finished.body;
  const auto content = world.Get(AddressOfStored(world, "dist"));
  EXPECT_EQ(content.status, 200);
  EXPECT_EQ(content.Header("Content-Type"), "application/zip");
  EXPECT_THAT(content.Header("Content-Disposition"), HasSubstr("dist.zip"));
  EXPECT_EQ(TestServices::ContentOf(content), "onetwo");
}

TEST(ArtifactService, GivesPartsOfAContent) {
  TestServices world;
  Store(world, "dist", "0123456789");
  const std::string address = AddressOfStored(world, "dist");
  struct Row {
    const char* range;
    int status;
    const char* content;
    const char* told;
  };
  for (const Row& row : std::vector<Row>{{"bytes=2-4", 206, "234", "bytes 2-4/10"},
                                         {"bytes=7-", 206, "789", "bytes 7-9/10"},
                                         {"bytes=-2", 206, "89", "bytes 8-9/10"},
                                         {"bytes=8-99", 206, "89", "bytes 8-9/10"},
                                         {"bytes=10-", 416, "", "bytes */10"},
                                         {"bytes=-0", 416, "", "bytes */10"},
                                         {"bytes=4-2", 200, "0123456789", ""},
                                         {"lines=1-2", 200, "0123456789", ""}}) {
    const auto answer = world.Get(address, {{"range", row.range}});
    EXPECT_EQ(answer.status, row.status) << row.range;
    EXPECT_EQ(TestServices::ContentOf(answer), row.content) << row.range;
    EXPECT_EQ(answer.Header("Content-Range"), row.told) << row.range;
  }
}

TEST(ArtifactService, ListsByNameAndByIdAndRemoves) {
  TestServices world;
  Store(world, "a", "1");
  Store(world, "b", "22");
  const std::string token = world.Token("run-1", "later");
  const auto list = [&](const char* filter, const char* value) {
    Json::Object body = Ids("run-1", "later", "");
    if (*filter != '\0') body[filter] = Json(value);
    std::string names;
    const Json listed = TestServices::BodyOf(world.Call("ListArtifacts", token, std::move(body)));
    for (const Json& one : *listed.At("artifacts").as_array())
      names += one.At("name").StringOr("") + one.At("size").StringOr("");
    return names;
  };
  EXPECT_EQ(list("", ""), "a1b2");
  EXPECT_EQ(list("name_filter", "b"), "b2");
  EXPECT_EQ(list("idFilter", "1"), "a1");
  EXPECT_EQ(world.Call("DeleteArtifact", token, Ids("run-1", "build", "b")).status, 200);
  EXPECT_EQ(list("", ""), "a1");
  Store(world, "b", "new");
  EXPECT_EQ(list("id_filter", "3"), "b3") << "an id is not given twice";
}

TEST(ArtifactService, ALaterAttemptSeesWhatIsThereAndReplacesIt) {
  TestServices world;
  Store(world, "dist", "first");
  const std::string token = workflow::SignToken({.run = "run-1",
                                                 .job = "build",
                                                 .attempt = 2,
                                                 .scopes = {},
                                                 .not_before = world.clock.Wall() - std::chrono::seconds(1),
                                                 .expires = world.clock.Wall() + std::chrono::hours(1)},
                                                "key");
  EXPECT_EQ(TestServices::ContentOf(world.Get(AddressOfStored(world, "dist"))), "first");
  const Json created = TestServices::BodyOf(world.Call("CreateArtifact", token, Ids("run-1", "build", "dist")));
  ASSERT_EQ(world.Put(created.At("signed_upload_url").StringOr(std::string(kTestOrigin)), "", "second").status, 201);
  Json::Object body = Ids("run-1", "build", "dist");
  body["size"] = Json("6");
  EXPECT_EQ(world.Call("FinalizeArtifact", token, std::move(body)).status, 200);
  EXPECT_EQ(TestServices::ContentOf(world.Get(AddressOfStored(world, "dist"))), "second");
  EXPECT_EQ(world.Call("CreateArtifact", token, Ids("run-1", "build", "dist")).status, 409);
}

TEST(ArtifactService, RefusesWhatItMustNotTake) {
  TestServices world;
  Store(world, "there", "x");
  const std::string token = world.Token("run-1", "build");
  struct Row {
    const char* name;
    const char* method;
    std::string token;
    Json::Object body;
    int status;
  };
  for (const Row& row : std::vector<Row>{
           {"NoToken", "ListArtifacts", "", Ids("run-1", "build", ""), 403},
           {"AForgedToken", "ListArtifacts", token + "x", Ids("run-1", "build", ""), 403},
           {"AnotherRunsArtifacts", "ListArtifacts", token, Ids("run-2", "build", ""), 403},
           {"AnotherRunsContent", "GetSignedArtifactURL", world.Token("run-2", "build"), Ids("run-1", "build", "there"), 403},
           {"AnotherRunsRemoval", "DeleteArtifact", world.Token("run-2", "build"), Ids("run-1", "build", "there"), 403},
           {"AnotherJobsName", "CreateArtifact", token, Ids("run-1", "deploy", "new"), 403},
           {"AnotherJobsEnd", "FinalizeArtifact", token, Ids("run-1", "deploy", "new"), 403},
           {"APathAsName", "CreateArtifact", token, Ids("run-1", "build", "../../etc/passwd"), 400},
           {"NoName", "CreateArtifact", token, Ids("run-1", "build", ""), 400},
           {"TheSameNameTwice", "CreateArtifact", token, Ids("run-1", "build", "there"), 409},
           {"NothingOfThisName", "GetSignedArtifactURL", token, Ids("run-1", "build", "none"), 404},
           {"NoSuchCall", "MigrateArtifact", token, Ids("run-1", "build", "there"), 404},
       }) {
    const auto answer = world.Call(row.method, row.token, row.body);
    EXPECT_EQ(answer.status, row.status) << row.name << ": " << answer.body;
    EXPECT_NE(TestServices::BodyOf(answer).At("msg").StringOr(""), "") << row.name;
  }
  EXPECT_EQ(world.Send("POST", "/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts", token, "{").status, 400);
  EXPECT_EQ(world.Send("GET", "/elsewhere", token, "").status, 404);
}

TEST(ArtifactService, AnAddressOpensWhatItWasSignedForAndNothingElse) {
  TestServices world;
  Store(world, "a", "1");
  const std::string upload = Begin(world, "b");
  const std::string stored = AddressOfStored(world, "a");
  std::string other = stored;
  other.replace(other.find("/1?"), 3, "/2?");
  std::string later = stored;
  later[later.find("se=") + 3] = '9';
  for (const std::string& address : {other, later, stored.substr(0, stored.find("&sig")), stored + "x"})
    EXPECT_EQ(world.Get(address).status, 403) << address;
  EXPECT_EQ(world.Get(upload).status, 403) << "an upload is not read";
  EXPECT_EQ(world.Put(stored, "", "2").status, 403) << "an artifact is not written";
  world.clock.JumpWall(std::chrono::hours(2));
  EXPECT_EQ(world.Get(stored).status, 403) << "its time is over";
}

TEST(ArtifactService, WhatWasToldOfTheContentMustBeSo) {
  TestServices world;
  const std::string address = Begin(world, "dist");
  EXPECT_EQ(Finish(world, "dist", 0).status, 409) << "nothing was put";
  EXPECT_EQ(world.Put(address, "", "abc").status, 201);
  EXPECT_EQ(Finish(world, "dist", 4).status, 409);
  EXPECT_EQ(Finish(world, "dist", 3, "sha256:" + Sha256Hex("abd")).status, 409);
  EXPECT_EQ(Finish(world, "dist", 3, "sha256:" + Sha256Hex("abc")).status, 200);
  EXPECT_EQ(world.Put(address, "", "changed").status, 404) << "what is whole is not changed";
}

TEST(ArtifactService, EndsAtItsLimits) {
  TestServices world(
      {.piece_bytes_max = 8, .pieces_max = 2, .upload_bytes_max = 12, .artifacts_max = 3, .artifact_bytes_max = 14});
  const std::string address = Begin(world, "a");
  EXPECT_EQ(world.Put(address, "", "123456789").status, 413);
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=MQ", "12345678").status, 201);
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=Mg", "12345").status, 413);
  const std::string twice = "<BlockList><Latest>MQ</Latest><Latest>MQ</Latest></BlockList>";
  EXPECT_EQ(world.Put(address, "&comp=blocklist", twice).status, 413) << "a list can make much of little";
  EXPECT_EQ(world.Put(address, "&comp=blocklist", "<BlockList><Latest>MQ</Latest></BlockList>").status, 201);
  EXPECT_EQ(Finish(world, "a", 8).status, 200);
  EXPECT_EQ(world.Put(Begin(world, "b"), "", "12345678").status, 201);
  EXPECT_EQ(Finish(world, "b", 8).status, 413) << "all of a run together";
  Store(world, "c", "1");
  Store(world, "d", "1");
  Json::Object body = Ids("run-1", "build", "e");
  EXPECT_EQ(world.Call("CreateArtifact", world.Token("run-1", "build"), std::move(body)).status, 413);
}

TEST(ArtifactService, ListsOfBlocksThatAreNoneAreRefused) {
  TestServices world;
  const std::string address = Begin(world, "a");
  EXPECT_EQ(world.Put(address, "&comp=block&blockid=MQ", "1").status, 201);
  for (const char* list : {"", "<BlockList>", "<BlockList><Latest>MQ", "<BlockList><Latest>MQ</Latest>",
                           "<BlockList><Latest>absent</Latest></BlockList>", "<BlockList><Other>MQ</Other></BlockList>",
                           "<BlockList><Latest>../../content</Latest></BlockList>"})
    EXPECT_EQ(world.Put(address, "&comp=blocklist", list).status, 400) << list;
  EXPECT_EQ(world.Put(address, "&comp=lease", "").status, 501);
}

}  // namespace
}  // namespace tuesday::services
