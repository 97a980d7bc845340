// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/tally.h"

#include <gtest/gtest.h>

namespace tuesday::haproxy {
namespace {

TEST(Tally, SumsByRolloutSlotAndInstance) {
  Tally tally;
  tally.AddLine("T2 prod.api.s1 b-1 200 1000 900 -- 10", 42);
  tally.AddLine("T2 prod.api.s1 b-1 500 2000000 900 -- 10", 42);
  tally.AddLine("T2 prod.api.s1 0:a-1 200 1000 900 -- 10", 42);
  tally.AddLine("T2 prod.api.s1 <NOSRV> 503 10 - SC 10", 42);
  tally.AddLine("garbage", 42);
  const EdgeBatch batch = tally.Take({});
  EXPECT_EQ(batch.lines, 5U);
  EXPECT_EQ(batch.unreadable, 1U);
  ASSERT_EQ(batch.tallies.size(), 3U);
  EXPECT_EQ(batch.tallies[0].slot, 0);
  EXPECT_EQ(batch.tallies[0].instance.str(), "a-1");
  EXPECT_TRUE(batch.tallies[1].instance.empty());
  EXPECT_EQ(batch.tallies[1].by_status.at(503), 1U);
  EXPECT_EQ(batch.tallies[2].by_status.at(200), 1U);
  EXPECT_EQ(batch.tallies[2].by_status.at(500), 1U);
  EXPECT_DOUBLE_EQ(batch.tallies[2].duration.sum_seconds, 2.001);
  EXPECT_EQ(tally.Take({}).lines, 0U);
}

TEST(Tally, FailureThatHaproxyDidNotLogIsMadeUpForAfterTwoLooks) {
  Tally tally;
  const auto seen = [](std::int64_t count) { return FailedSeen{42, {{"prod.api.s1 b-1", {count, 0, 0}}}}; };
  tally.AddFailed(seen(5));
  tally.AddLine("T2 prod.api.s1 b-1 502 10 - SH 10", 42);
  tally.AddFailed(seen(8));
  EXPECT_EQ(tally.Take({}).tallies.at(0).by_status.at(502), 1U) << "only the line so far";
  tally.AddFailed(seen(8));
  EXPECT_EQ(tally.Take({}).tallies.at(0).by_status.at(502), 2U);
  tally.AddFailed(seen(8));
  EXPECT_TRUE(tally.Take({}).tallies.empty());
}

TEST(Tally, RequestWithoutAnswerIsMadeUpForWhenNothingOfTheServerIsOpen) {
  Tally tally;
  const auto look = [&](std::int64_t unanswered, std::int64_t open) {
    tally.AddFailed({42, {{"prod.api.s1 b-1", {0, unanswered, open}}}});
    const EdgeBatch batch = tally.Take({});
    if (batch.tallies.empty() || !batch.tallies[0].by_status.contains(502)) return std::uint64_t{0};
    return batch.tallies[0].by_status.at(502);
  };
  EXPECT_EQ(look(9, 7), 0U) << "the beginning";
  EXPECT_EQ(look(3, 1), 0U) << "most of what was open was answered";
  EXPECT_EQ(look(5, 2), 0U);
  EXPECT_EQ(look(5, 2), 0U) << "both may yet be answered";
  EXPECT_EQ(look(5, 0), 0U) << "a line may be on its way";
  tally.AddLine("T2 prod.api.s1 b-1 -1 10 - CH 0", 42);
  EXPECT_EQ(look(5, 0), 1U) << "a client that went away has a line";
  EXPECT_EQ(look(5, 0), 0U);
}

TEST(Tally, LinesOfAnEdgeOfTheVersionBeforeAreTheSameServers) {
  Tally tally;
  const auto seen = [](std::int64_t count) { return FailedSeen{42, {{"prod.api.s1 b-1", {count, 0, 0}}}}; };
  tally.AddFailed(seen(0));
  tally.AddLine("T1 42 prod.api 1 b-1 502 10 - SH 10", 43);
  tally.AddLine("T2 prod.api.s1 b-1 200 10 5 -- 10", 43);
  tally.AddFailed(seen(1));
  tally.AddFailed(seen(1));
  const EdgeBatch batch = tally.Take({});
  ASSERT_EQ(batch.tallies.size(), 1U);
  EXPECT_EQ(batch.tallies[0].by_status.at(502), 1U) << "told by the line, not made up for again";
  EXPECT_EQ(batch.tallies[0].by_status.at(200), 1U);
}

TEST(Tally, NewProcessBeginsAnew) {
  Tally tally;
  tally.AddFailed({42, {{"prod.api.s1 b-1", {5, 5, 0}}}});
  tally.AddFailed({43, {{"prod.api.s1 b-1", {7, 7, 0}}}});
  tally.AddFailed({43, {{"prod.api.s1 b-1", {7, 7, 0}}}});
  EXPECT_TRUE(tally.Take({}).tallies.empty());
}

}  // namespace
}  // namespace tuesday::haproxy
