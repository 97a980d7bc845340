// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

GroupMember Member(const std::string& run, int since) {
  return {.run = run, .leg = "", .group = "deploy", .waits = true, .since = WallTime(std::chrono::milliseconds(since))};
}
GroupMember Holder(const std::string& run) {
  GroupMember member = Member(run, 0);
  member.waits = false;
  member.holds = true;
  return member;
}

std::vector<std::string> Moves(const std::vector<GroupMember>& members) {
  std::vector<std::string> moves;
  for (const GroupMove& move : SettleGroups(members)) moves.push_back(move.run + (move.granted ? " gets" : " loses"));
  return moves;
}

TEST(Groups, AFreeOneGoesToWhoWaitedLongest) { EXPECT_THAT(Moves({Member("b", 2), Member("a", 1)}), ElementsAre("a gets")); }

TEST(Groups, OfThoseThatWaitOnlyTheNewestStays) {
  EXPECT_THAT(Moves({Holder("h"), Member("a", 1), Member("b", 2), Member("c", 3)}), ElementsAre("a loses", "b loses"));
  EXPECT_THAT(Moves({Holder("h"), Member("a", 1)}), IsEmpty());
}

TEST(Groups, AQueueKeepsThemAll) {
  std::vector<GroupMember> members = {Holder("h")};
  for (int i = 1; i <= 101; ++i) {
    members.push_back(Member("m" + std::to_string(i), i));
    members.back().queues = true;
  }
  EXPECT_THAT(Moves(members), ElementsAre("m101 loses"));
}

TEST(Groups, ANewcomerMayEndTheHolder) {
  GroupMember newer = Member("a", 1);
  newer.cancels = true;
  EXPECT_THAT(Moves({Holder("h"), newer}), ElementsAre("h loses"));
}

TEST(Groups, WhoHasEndedLeavesAndTheNextComes) {
  GroupMember ended = Holder("h");
  ended.ended = true;
  EXPECT_THAT(Moves({ended, Member("a", 1)}), ElementsAre("h loses", "a gets"));
}

TEST(Groups, NamesAreComparedWithoutCase) {
  GroupMember upper = Member("a", 1);
  upper.group = "DEPLOY";
  EXPECT_THAT(Moves({Holder("h"), upper}), IsEmpty());
}

}  // namespace
}  // namespace tuesday::workflow
