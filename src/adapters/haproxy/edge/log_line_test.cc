// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/log_line.h"

#include <gtest/gtest.h>

namespace tuesday::haproxy {
namespace {

TEST(LogLine, WholeLineIsRead) {
  const auto line = ParseLogLine("T2 prod.api.s1 b-1 200 1917 1784 -- 118");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->key, "prod.api.s1 b-1");
  EXPECT_EQ(line->rollout, "prod.api");
  EXPECT_EQ(line->slot, 1);
  EXPECT_EQ(line->server, "b-1");
  EXPECT_EQ(line->status, 200);
  EXPECT_EQ(line->total_us, 1917);
  EXPECT_EQ(line->first_us, 1784);
  EXPECT_EQ(line->bytes, 118);
}

TEST(LogLine, LineOfTheVersionBeforeIsReadToo) {
  const auto line = ParseLogLine("T1 42 prod.api 1 b-1 200 1917 1784 -- 118");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->process, 42);
  EXPECT_EQ(line->key, "prod.api 1 b-1");
  EXPECT_EQ(line->rollout, "prod.api");
  EXPECT_EQ(line->slot, 1);
  EXPECT_EQ(line->total_us, 1917);
  EXPECT_EQ(ParseLogLine("T1 42 - - <NOSRV> 400 - - CR 0")->rollout, "");
}

TEST(LogLine, BackupServerBelongsToTheSlotInItsName) {
  const auto line = ParseLogLine("T2 prod.api.s1 0:a-1 200 1917 1784 -- 118");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->slot, 0);
  EXPECT_EQ(line->server, "a-1");
}

TEST(LogLine, NoServerKeepsTheSlotThatWasChosen) {
  const auto line = ParseLogLine("T2 prod.api.s1 <NOSRV> 503 50 - SC 212");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->slot, 1);
  EXPECT_TRUE(line->server.empty());
  EXPECT_FALSE(line->first_us.has_value());
}

TEST(LogLine, ClientThatGoesAwayHasNoStatus) {
  EXPECT_EQ(ParseLogLine("T2 prod.api.s1 b-1 -1 50 - CH 0")->status, -1);
  EXPECT_EQ(ParseLogLine("T2 edge <NOSRV> 400 - - CR 0")->rollout, "");
}

TEST(LogLine, WhatDoesNotFitIsRefused) {
  for (const char* text : {"", "T1", "T2", "T1 prod.api.s1 b-1 200 1917 1784 -- 118",
                           "T1 x prod.api 1 b-1 200 1917 1784 -- 118", "T3 prod.api.s1 b-1 200 1917 1784 -- 118",
                           "T2 prod.api.s9 b-1 200 1917 1784 -- 118", "T2 prod.api.s1 b-1 2000 1917 1784 -- 118",
                           "T2 prod.api.s1 b-1 200 x 1784 -- 118", "T2 prod.api.s1 b-1 200 1917 1784 -- 118 more",
                           "T2 prod.api.s1  200 1917 1784 -- 118", "T2 prod.api.s1 b-1 200 -5 1784 -- 118",
                           "T2 prod.api.s1 b-1 200 1917 1784 -- 11"
                           "8\r"}) {
    EXPECT_FALSE(ParseLogLine(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tuesday::haproxy
