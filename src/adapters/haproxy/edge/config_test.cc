// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

Edge Example() {
  EdgeRollout api{{Namespace("prod"), "api"}, Epoch{7}, 0, 1, Weight::Permille(100), {}, {}, {}, {}, false};
  api.slots = {{0, RevisionId("aaa"), {{InstanceId("a-1"), {"127.0.0.1", 9001}}}},
               {1, RevisionId("bbb"), {{InstanceId("b-1"), {"::1", 9002}}}}};
  api.rules = {{"Api.Test", "/", false}, {"", "/v1/", false}, {"", "/exact", true}};
  return {{{"127.0.0.1", 8080, ListenerKind::kHttp}}, {api}, "/run/log.sock"};
}

const RenderOptions kOptions{"/var/edge", "", "", 1000};

TEST(Config, ColdStartServesTheWholeEdge) {
  const EdgeFiles files = RenderFiles(Example(), kOptions);
  EXPECT_EQ(files.routes, "prod.api 7:0:1:100\n");
  EXPECT_EQ(files.exact, "*/exact prod.api\n");
  EXPECT_EQ(files.prefix, "*/v1/ prod.api\napi.test/ prod.api\n");
  EXPECT_THAT(files.config, HasSubstr("  bind fd@10 name 127.0.0.1:8080\n"));
  EXPECT_THAT(files.config, HasSubstr("backend prod.api.s0\n  server a-1 127.0.0.1:9001 check"));
  EXPECT_THAT(files.config, HasSubstr("backend prod.api.s5\n"));
  EXPECT_THAT(files.config, HasSubstr("  server b-1 [::1]:9002 check"));
}

TEST(Config, AHostOfOneSlotHasAnEntryForEverySlotItMayBeLedTo) {
  Edge edge = Example();
  edge.rollouts[0].rules.push_back({"preview.test", "/", false, 1});
  const EdgeFiles files = RenderFiles(edge, kOptions);
  EXPECT_THAT(files.prefix, HasSubstr("preview.test/ prod.api+s1\n"));
  EXPECT_THAT(files.prefix, HasSubstr("api.test/ prod.api\n"));
  for (const char* entry :
       {"prod.api 7:0:1:100\n", "prod.api+s0 0:0:0:0\n", "prod.api+s1 0:1:1:0\n", "prod.api+s5 0:5:5:0\n"}) {
    EXPECT_THAT(files.routes, HasSubstr(entry));
  }
  EXPECT_THAT(files.config, HasSubstr("  http-request set-var(txn.rollout) var(txn.rollout),field(1,+)\n"));
  const Structure before = StructureOf(edge, kOptions);
  edge.rollouts[0].rules.back().slot = 0;
  EXPECT_EQ(StructureOf(edge, kOptions), before) << "a preview that is led elsewhere needs no reload";
}

TEST(Config, CanaryHasTheStableServersAsBackupsAndStableHasThemAsItsLastResort) {
  const auto placed = PlaceServers(Example());
  EXPECT_THAT(placed, ElementsAre(PlacedServer{"prod.api.s0", "a-1", "127.0.0.1:9001", ServerRole::kOwn},
                                  PlacedServer{"prod.api.s1", "b-1", "[::1]:9002", ServerRole::kOwn},
                                  PlacedServer{"prod.api.s0", "0:a-1", "127.0.0.1:9001", ServerRole::kLastResort},
                                  PlacedServer{"prod.api.s1", "0:a-1", "127.0.0.1:9001", ServerRole::kBackup}));
  EXPECT_EQ(ServerParameters(placed[2]), "backup") << "no check can take it out";
  EXPECT_THAT(ServerParameters(placed[3]), StartsWith("backup check "));
  EXPECT_EQ(ParseServerName("0:a-1").slot, 0);
  EXPECT_EQ(ParseServerName("0:a-1").instance, "a-1");
  EXPECT_EQ(ParseServerName("a-1").slot, -1);
}

TEST(Config, RequestsToACanaryHaveConnectionsOfTheirOwn) {
  EXPECT_THAT(
      RenderFiles(Example(), kOptions).config,
      HasSubstr("  http-request set-header Connection close if { var(txn.canary) -m found } !{ req.hdr(Upgrade) -m found }\n"));
}

TEST(Config, RoutesServersAndHostsAreNotPartOfTheStructure) {
  Edge other = Example();
  other.rollouts[0].epoch = Epoch{8};
  other.rollouts[0].weight = Weight::Permille(500);
  other.rollouts[0].slots.pop_back();
  other.rollouts[0].rules = {{"other.test", "/", false}, {"", "/other", true}};
  EXPECT_EQ(StructureOf(other, kOptions), StructureOf(Example(), kOptions));
}

TEST(Config, RequestPaysOnlyForWhatTheEdgeHas) {
  Edge edge = Example();
  edge.rollouts[0].rules = {{"api.test", "/", false}};
  const std::string plain = RenderFiles(edge, kOptions).config;
  EXPECT_THAT(plain, HasSubstr("exact.map) if FALSE\n")) << "read back all the same";
  for (const char* absent : {"map_str(/var/edge/exact.map) if !", "regsub", "str(*)", "sdbm", "ssl_fc"})
    EXPECT_THAT(plain, Not(HasSubstr(absent)));
  edge.rollouts[0].rules.push_back({"*.api.test", "/v1", true});
  edge.rollouts[0].sticky = true;
  const std::string more = RenderFiles(edge, kOptions).config;
  for (const char* present : {",map_str(/var/edge/exact.map)\n", "regsub", "sdbm"}) EXPECT_THAT(more, HasSubstr(present));
  EXPECT_THAT(more, Not(HasSubstr("str(*)")));
}

TEST(Config, ListenersChecksAndRolloutsAre) {
  const Structure structure = StructureOf(Example(), kOptions);
  Edge listener = Example();
  listener.listeners.push_back({"127.0.0.1", 8443, ListenerKind::kTls});
  EXPECT_NE(StructureOf(listener, kOptions), structure);
  Edge check = Example();
  check.rollouts[0].check.http_path = "/ready";
  EXPECT_NE(StructureOf(check, kOptions), structure);
  Edge rollout = Example();
  rollout.rollouts[0].name.name = "web";
  EXPECT_NE(StructureOf(rollout, kOptions), structure);
  EXPECT_NE(StructureDigest(StructureOf(rollout, kOptions)), StructureDigest(structure));
}

TEST(Config, FirstRolloutByNameHasAHostThatTwoWant) {
  Edge edge = Example();
  edge.rollouts.push_back(edge.rollouts[0]);
  edge.rollouts[1].name.name = "web";
  EXPECT_THAT(ExactEntries(edge), ElementsAre(Pair("*/exact", "prod.api")));
}

TEST(Config, PrivateKeysAreInNoRenderedFile) {
  Edge edge = Example();
  edge.listeners.push_back({"127.0.0.1", 8443, ListenerKind::kTls});
  edge.rollouts[0].tls = {{{"api.test"}, "SECRET"}};
  const EdgeFiles files = RenderFiles(edge, kOptions);
  EXPECT_THAT(files.config, Not(HasSubstr("SECRET")));
  EXPECT_THAT(files.certificate_list, HasSubstr("/certificates/given-"));
  EXPECT_THAT(files.certificate_list, HasSubstr(".pem api.test\n"));
}

}  // namespace
}  // namespace tuesday::haproxy
