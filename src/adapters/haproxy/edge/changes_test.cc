// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

SeenServer Seen(const std::string& status, std::int64_t open) {
  return {"b.s0", "i", "127.0.0.1:1", status, "L4OK", open, 0, 0, 0, 0};
}
const PlacedServer kWanted{"b.s0", "i", "127.0.0.1:1", ServerRole::kOwn};

TEST(PlanServers, NewServerIsAddedAndEnabled) {
  const auto plan = PlanServers({kWanted}, {}, {});
  EXPECT_THAT(plan.add,
              ElementsAre(StartsWith("add server b.s0/i 127.0.0.1:1 check"), "enable server b.s0/i", "enable health b.s0/i"));
}

TEST(PlanServers, LastResortHasNoCheckToEnable) {
  EXPECT_THAT(
      PlanServers({{"b.s0", "0:i", "127.0.0.1:1", ServerRole::kLastResort}}, {}, {}).add,
      ElementsAre("add server b.s0/0:i 127.0.0.1:1 backup pool-max-conn -1 pool-purge-delay 5s", "enable server b.s0/0:i"));
}

TEST(PlanServers, NothingToDoIsNothing) {
  const auto plan = PlanServers({kWanted}, {Seen("UP", 3)}, {});
  EXPECT_THAT(plan.add, IsEmpty());
  EXPECT_THAT(plan.remove, IsEmpty());
}

TEST(PlanServers, ServerInMaintenanceComesBack) {
  EXPECT_THAT(PlanServers({kWanted}, {Seen("MAINT", 0)}, {}).add, ElementsAre("set server b.s0/i state ready"));
}

TEST(PlanServers, ServerWithRequestsDrainsBeforeItGoes) {
  const auto first = PlanServers({}, {Seen("UP", 2)}, {});
  EXPECT_THAT(first.remove, ElementsAre("set server b.s0/i state maint"));
  EXPECT_THAT(first.leftover, ElementsAre("b.s0/i"));
  EXPECT_THAT(PlanServers({}, {Seen("MAINT", 2)}, {}).remove, IsEmpty());
  EXPECT_THAT(PlanServers({}, {Seen("MAINT", 2)}, {"b.s0/i"}).remove, ElementsAre("shutdown sessions server b.s0/i"));
  EXPECT_THAT(PlanServers({}, {Seen("MAINT", 0)}, {}).remove, ElementsAre("del server b.s0/i"));
}

TEST(PlanServers, ServerThatMovedIsRemovedFirst) {
  const auto plan = PlanServers({{"b.s0", "i", "127.0.0.1:2", ServerRole::kOwn}}, {Seen("UP", 0)}, {});
  EXPECT_THAT(plan.add, IsEmpty());
  EXPECT_THAT(plan.remove, ElementsAre("set server b.s0/i state maint", "del server b.s0/i"));
}

TEST(MapCommands, OnlyDifferencesAreSaid) {
  EXPECT_THAT(MapCommands("/m", {{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"a", "1"}, {"b", "9"}, {"d", "4"}}),
              ElementsAre("set map /m b 2", "add map /m c 3", "del map /m d"));
}

TEST(ParseMap, EntriesAndNonsense) {
  EXPECT_EQ(ParseMap("0x55 prod.api 7:0:1:100\n\n")->at("prod.api"), "7:0:1:100");
  EXPECT_FALSE(ParseMap("0x55 prod.api").has_value());
  EXPECT_FALSE(ParseMap("Unknown map identifier. Please use #<id> or <file>.").has_value());
}

TEST(ParseStat, ReadsServersAndRefusesACutLine) {
  const std::string header =
      "# pxname,svname,qcur,scur,stot,eresp,status,check_status,addr,"
      "wretr,wredis,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,\n";
  const auto stat = ParseStat(header +
                              "edge,FRONTEND,,5,,,OPEN,,,,,,,,,,,\nb.s0,i,1,2,30,4,UP,* "
                              "L4OK,127.0.0.1:1,1,2,1,18,1,1,1,0,\nb.s0,BACKEND,1,2,30,4,UP,,,,,,,,,,,\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->client_connections, 5);
  ASSERT_EQ(stat->servers.size(), 1U);
  EXPECT_EQ(stat->servers[0].open, 2);
  EXPECT_EQ(stat->servers[0].failed, 4);
  EXPECT_EQ(stat->servers[0].unanswered, 5);
  EXPECT_TRUE(stat->servers[0].IsUp());
  EXPECT_FALSE(ParseStat(header + "b.s0,i,1,2").has_value());
  EXPECT_FALSE(ParseStat("").has_value());
  EXPECT_FALSE(ParseStat("# pxname,svname\n").has_value());
}

TEST(SeenServer, IsNotUpBeforeItsCheckPassed) {
  SeenServer server = Seen("UP", 0);
  server.check_status = "INI";
  EXPECT_FALSE(server.IsUp());
}

}  // namespace
}  // namespace tuesday::haproxy
