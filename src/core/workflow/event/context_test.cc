// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/event/context.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

EventFacts Push() {
  EventFacts facts;
  facts.event = "push";
  facts.repository = "acme/app";
  facts.actor = "ada";
  facts.ref = "refs/heads/topic/one";
  facts.sha = "0123";
  facts.before = kNoCommit;
  return facts;
}

EventFacts Change() {
  EventFacts facts = Push();
  facts.event = "pull_request";
  facts.activity = "opened";
  facts.ref = "refs/pull/7/merge";
  facts.change = {
      .number = 7, .title = "Add a page", .head_branch = "page", .head_sha = "aaaa", .base_branch = "main", .base_sha = "bbbb"};
  return facts;
}

TEST(GithubContexts, OfAPushNameTheBranchWithItsSlashes) {
  const Json github(GithubOf(Push(), {.id = "12", .number = 3, .workflow = "CI", .file = ".github/workflows/ci.yaml"}));
  EXPECT_EQ(github.At("ref_name").StringOr(""), "topic/one");
  EXPECT_EQ(github.At("repository_owner").StringOr(""), "acme");
  EXPECT_EQ(github.At("run_number").StringOr(""), "3");
  EXPECT_EQ(github.At("base_ref").StringOr("?"), "");
  EXPECT_EQ(github.At("workflow_ref").StringOr(""), "acme/app/.github/workflows/ci.yaml@refs/heads/topic/one");
}

TEST(GithubContexts, OfAChangeNameBothBranchesAndTheMerge) {
  const Json github(GithubOf(Change(), {}));
  EXPECT_EQ(github.At("ref_name").StringOr(""), "7/merge");
  EXPECT_EQ(github.At("base_ref").StringOr(""), "main");
  EXPECT_EQ(github.At("head_ref").StringOr(""), "page");
}

TEST(Payloads, OfAPushTellANewBranch) {
  const Json payload(PayloadOf(Push()));
  EXPECT_EQ(payload.At("after").StringOr(""), "0123");
  EXPECT_TRUE(payload.At("created").BoolOr(false));
  EXPECT_FALSE(payload.At("deleted").BoolOr(true));
}

TEST(Payloads, OfAChangeHaveItsHeadAndNotTheMerge) {
  const Json payload(PayloadOf(Change()));
  EXPECT_EQ(payload.At("action").StringOr(""), "opened");
  EXPECT_EQ(payload.At("pull_request").At("head").At("sha").StringOr(""), "aaaa");
  EXPECT_EQ(payload.At("pull_request").At("merge_commit_sha").StringOr(""), "0123");
  EXPECT_EQ(payload.At("pull_request").At("base").At("ref").StringOr(""), "main");
}

TEST(Payloads, OfAMergeGroupHaveItsBase) {
  EventFacts facts = Change();
  facts.event = "merge_group";
  facts.activity = "checks_requested";
  const Json payload(PayloadOf(facts));
  EXPECT_EQ(payload.At("merge_group").At("base_ref").StringOr(""), "refs/heads/main");
  EXPECT_EQ(payload.At("merge_group").At("base_sha").StringOr(""), "bbbb");
}

}  // namespace
}  // namespace tuesday::workflow
