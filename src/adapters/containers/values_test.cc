// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/values.h"

#include <gmock/gmock.h>

namespace tuesday::containers {
namespace {

using testing::ElementsAre;

TEST(CreateBody, SaysOnlyWhatIsSaid) {
  ContainerSpec spec;
  spec.image = "a:1";
  spec.command = {"run"};
  spec.binds = {{"/x", "/y", true}};
  spec.health = HealthCheck{.shell_command = "true", .interval = std::chrono::seconds(2)};
  spec.new_privileges = false;
  EXPECT_EQ(CanonicalJson(CreateBody(spec)),
            R"({"Cmd":["run"],"Env":[],"Healthcheck":{"Interval":2000000000,"Test":["CMD-SHELL","true"]},)"
            R"("HostConfig":{"AutoRemove":false,"Binds":["/x:/y:ro"],"CapDrop":[],"NetworkMode":"none","ReadonlyRootfs":false,)"
            R"("SecurityOpt":["no-new-privileges"],"Tmpfs":{},"Ulimits":[]},"Image":"a:1","Labels":{}})");
}

TEST(RegistryOf, IsWhatStandsBeforeTheFirstSlashWhenItCanBeOne) {
  const std::pair<const char*, const char*> rows[] = {{"node:20", "docker.io"},
                                                      {"library/node", "docker.io"},
                                                      {"ghcr.io/a/b:1", "ghcr.io"},
                                                      {"localhost/tiny:1", "localhost"},
                                                      {"127.0.0.1:5000/a@sha256:00", "127.0.0.1:5000"}};
  for (const auto& [image, registry] : rows) EXPECT_EQ(RegistryOf(image), registry) << image;
}

TEST(FullReference, AddsTheTagThatNobodySaid) {
  EXPECT_EQ(FullReference("node"), "node:latest");
  EXPECT_EQ(FullReference("127.0.0.1:5000/a"), "127.0.0.1:5000/a:latest");
  EXPECT_EQ(FullReference("a@sha256:00"), "a@sha256:00");
}

TEST(RegistryAuth, IsJsonInBase64ForAddresses) {
  EXPECT_EQ(RegistryAuth({"", "u", "p"}), "eyJwYXNzd29yZCI6InAiLCJzZXJ2ZXJhZGRyZXNzIjoiIiwidXNlcm5hbWUiOiJ1In0=");
}

TEST(LogFrames, AreTakenApartWhereverTheyAreCut) {
  using namespace std::string_literals;
  const std::string bytes = "\1\0\0\0\0\0\0\4one\n\2\0\0\0\0\0\0\4two\n"s;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    LogFrames frames;
    std::string text = frames.Feed(bytes.substr(0, cut)).value_or("!");
    text += frames.Feed(bytes.substr(cut)).value_or("!");
    EXPECT_EQ(text, "one\ntwo\n") << cut;
  }
  LogFrames broken;
  EXPECT_EQ(broken.Feed("no frames").error().code, ErrorCode::kCorrupt);
}

TEST(LineCutter, KeepsWhatIsNotALineYet) {
  LineCutter cutter;
  EXPECT_THAT(cutter.Feed("a\nb"), ElementsAre("a"));
  EXPECT_THAT(cutter.Feed("c\r\n\nd"), ElementsAre("bc"));
}

TEST(Facts, OfAnInspectedContainer) {
  const auto json =
      ParseJson(R"({"Id":"1","Name":"/n","State":{"Status":"running","Running":true,"Pid":9,"Health":{"Status":"unhealthy"}},)"
                R"("Config":{"Image":"a","Labels":{"x":"y"}}})");
  const ContainerFacts facts = FactsOfInspect(*json);
  EXPECT_EQ(facts.name, "n");
  EXPECT_EQ(facts.pid, 9);
  EXPECT_EQ(facts.health, Health::kUnhealthy);
  EXPECT_EQ(facts.labels.at("x"), "y");
}

}  // namespace
}  // namespace tuesday::containers
