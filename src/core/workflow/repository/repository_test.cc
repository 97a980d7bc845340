// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/workflow/repository/events.h"
#include "core/workflow/repository/names.h"
#include "core/workflow/repository/refs.h"

namespace tuesday::workflow {
namespace {

TEST(Refs, TellWhatIsNewMovedAndGone) {
  const Refs known = {{"refs/heads/main", "a"}, {"refs/heads/old", "b"}, {"refs/tags/v1", "c"}};
  const Refs actual = {{"refs/heads/main", "d"}, {"refs/tags/v1", "c"}, {"refs/tags/v2", "e"}, {"refs/pull/1/merge", "f"}};
  const std::vector<RefUpdate> expected = {
      {"refs/heads/main", "a", "d"}, {"refs/tags/v2", kNoCommit, "e"}, {"refs/heads/old", "b", kNoCommit}};
  EXPECT_EQ(UpdatesBetween(known, actual), expected);
  EXPECT_TRUE(UpdatesBetween(actual, actual).empty());
}

TEST(Refs, OfChangesAreNumbered) {
  EXPECT_EQ(ChangeOf("refs/pull/7/head"), 7);
  for (const char* ref :
       {"refs/pull/7/merge", "refs/pull/x/head", "refs/pull/-1/head", "refs/pull/0/head", "refs/heads/7/head"})
    EXPECT_EQ(ChangeOf(ref), 0) << ref;
}

TEST(UpdateEvents, FollowFromTheRef) {
  const struct {
    RefUpdate update;
    std::optional<UpdateEvent> event;
  } cases[] = {
      {{"refs/heads/main", "a", "b"}, UpdateEvent{"push", "", 0, ""}},
      {{"refs/tags/v1", kNoCommit, "b"}, UpdateEvent{"push", "", 0, ""}},
      {{"refs/heads/main", "a", kNoCommit}, std::nullopt},
      {{"refs/pull/7/head", kNoCommit, "b"}, UpdateEvent{"pull_request", "opened", 7, ""}},
      {{"refs/pull/7/head", "a", "b"}, UpdateEvent{"pull_request", "synchronize", 7, ""}},
      {{"refs/pull/7/head", "a", kNoCommit}, std::nullopt},
      {{"refs/heads/gh-readonly-queue/rel/1/pr-7-ab", kNoCommit, "b"},
       UpdateEvent{"merge_group", "checks_requested", 0, "rel/1"}},
  };
  for (const auto& one : cases) EXPECT_EQ(EventOf(one.update), one.event) << one.update.ref;
}

TEST(UpdateEvents, AreFilteredByTheBaseOfAChange) {
  EventFacts facts;
  facts.event = "pull_request";
  facts.ref = "refs/pull/7/merge";
  facts.change.base_branch = "main";
  EXPECT_EQ(TriggerEventOf(facts, {}).branch, "main");
  facts = {};
  facts.ref = "refs/tags/v1";
  EXPECT_EQ(TriggerEventOf(facts, {}).tag, "v1");
  EXPECT_EQ(TriggerEventOf(facts, {}).branch, "");
}

TEST(Secrets, AreForWhatIsMerged) {
  const auto may = [](const char* event, const char* ref) {
    EventFacts facts;
    facts.event = event;
    facts.ref = ref;
    return MayHaveSecrets(facts, {"release/**"});
  };
  EXPECT_TRUE(may("push", "refs/heads/main"));
  EXPECT_TRUE(may("push", "refs/tags/v1"));
  EXPECT_TRUE(may("push", "refs/heads/release/1/x"));
  EXPECT_TRUE(may("schedule", "refs/heads/main"));
  EXPECT_FALSE(may("push", "refs/heads/topic"));
  EXPECT_FALSE(may("pull_request", "refs/pull/1/merge"));
  EXPECT_FALSE(may("pull_request", "refs/heads/main"));
  EXPECT_FALSE(may("merge_group", "refs/heads/gh-readonly-queue/main/pr-1-a"));
}

TEST(ReviewTargets, AreTheLongestBranchThatIsThere) {
  const Refs refs = {{"refs/heads/main", "a"}, {"refs/heads/rel", "a"}, {"refs/heads/rel/1", "a"}};
  const auto target = [&](std::string_view ref) {
    const auto found = ReviewTargetOf(ref, refs);
    return found ? found->branch + "|" + found->topic : "none";
  };
  EXPECT_EQ(target("refs/for/main"), "main|");
  EXPECT_EQ(target("refs/for/rel/1"), "rel/1|");
  EXPECT_EQ(target("refs/for/rel/1/fix"), "rel/1|fix");
  EXPECT_EQ(target("refs/for/rel/2"), "rel|2");
  EXPECT_EQ(target("refs/for/other"), "none");
  EXPECT_EQ(target("refs/heads/main"), "none");
}

TEST(RepositoryNames, LeadToNoOtherPlace) {
  for (const char* name : {"api", "web-2", "a.b_c"}) EXPECT_TRUE(CheckRepositoryName(name).has_value()) << name;
  for (const char* name : {"", "../x", "a/b", "A", ".git", "x.git", "-a", "a..b", "a b"})
    EXPECT_FALSE(CheckRepositoryName(name).has_value()) << name;
}

}  // namespace
}  // namespace tuesday::workflow
