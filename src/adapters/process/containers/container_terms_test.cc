// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/container_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::process {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

InstanceSpec Spec() {
  InstanceSpec spec;
  spec.instance = InstanceId("api-0123456789-abcdef-0");
  spec.rollout = {Namespace("default"), "api"};
  spec.uid = Uid("uid-1");
  spec.generation = {7};
  spec.container = ContainerImage{"registry/api@sha256:00", "/run/podman/podman.sock", {8080, 9090}, {}};
  return spec;
}

TEST(ContainerOf, TheFirstPortIsTheInstancesAndTheOthersAreTheEnginesChoice) {
  const auto container = ContainerOf(Spec(), "/state/instances/x", 40001);
  ASSERT_EQ(container.ports.size(), 2u);
  EXPECT_EQ(container.ports[0].inside, 8080);
  EXPECT_EQ(container.ports[0].outside, 40001);
  EXPECT_EQ(container.ports[1].outside, 0);
  EXPECT_EQ(container.environment.at("PORT"), "8080");
}

TEST(ContainerOf, CarriesTheLabelsByWhichItIsFoundAgain) {
  const auto container = ContainerOf(Spec(), "/state/instances/x", 40001);
  EXPECT_EQ(container.labels.at("tuesday.instance"), "api-0123456789-abcdef-0");
  EXPECT_EQ(container.labels.at("tuesday.folder"), "/state/instances/x");
  EXPECT_EQ(container.labels.at("tuesday.uid"), "uid-1");
  EXPECT_EQ(container.labels.at("tuesday.generation"), "7");
}

TEST(ContainerOf, ACommandReplacesTheImagesWordsAndArgumentsAloneDoNot) {
  InstanceSpec spec = Spec();
  EXPECT_FALSE(ContainerOf(spec, "f", 1).entrypoint.has_value());
  EXPECT_FALSE(ContainerOf(spec, "f", 1).command.has_value());
  spec.args = {"--port=$(PORT)"};
  EXPECT_FALSE(ContainerOf(spec, "f", 1).entrypoint.has_value());
  EXPECT_THAT(*ContainerOf(spec, "f", 1).command, ElementsAre("--port=8080"));
  spec.args.clear();
  spec.command = {"serve"};
  EXPECT_THAT(*ContainerOf(spec, "f", 1).entrypoint, ElementsAre("serve"));
  EXPECT_TRUE(ContainerOf(spec, "f", 1).command->empty()) << "the image's own words are not its arguments";
}

TEST(ContainerOf, LimitsAreTheEngines) {
  InstanceSpec spec = Spec();
  spec.resources = {.cpu_request_milli = 500, .cpu_limit_milli = 1500, .memory_limit_bytes = 64 << 20};
  const auto container = ContainerOf(spec, "f", 1);
  EXPECT_EQ(container.cpu_nanos, 1'500'000'000);
  EXPECT_EQ(container.cpu_shares, 512);
  EXPECT_EQ(container.memory_bytes, 64u << 20);
  EXPECT_THAT(container.capabilities_dropped, Contains("NET_RAW"));
  EXPECT_FALSE(container.new_privileges);
}

TEST(ExitCodeText, TellsASignalFromAnExit) {
  EXPECT_EQ(ExitCodeText(0), "exit 0");
  EXPECT_EQ(ExitCodeText(3), "exit 3");
  EXPECT_EQ(ExitCodeText(143), "signal 15 (TERM)");
  EXPECT_EQ(ExitCodeText(255), "exit 255");
}

}  // namespace
}  // namespace tuesday::process
