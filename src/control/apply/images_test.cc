// SPDX-License-Identifier: Apache-2.0
// Images that nobody bound: looked up by name, recorded by digest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;
using testing::FleetBench;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kImage = "registry/api:1";

std::string WithImage(const std::string& image, const std::string& more = "") {
  std::string text = FleetBench::Manifest("v1");
  const std::string before = "dir:/api/v1";
  text.replace(text.find(before), before.size(), image);
  const std::string containers = "      containers:";
  text.insert(text.find(containers), more);
  return text;
}

std::string Secret(const std::string& key) {
  return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: pull}\nstringData: {" + key + ": '{\"auths\": {}}'}\n";
}

TEST(Images, AreRecordedByDigestAndStayWhenTheTagMoves) {
  FleetBench bench;
  bench.HaveImages().Push(kImage, "one");
  bench.Start();
  ASSERT_TRUE(bench.Apply(WithImage(kImage)));
  ASSERT_TRUE(bench.RunUntil([&] { return !bench.workloads().targets().empty(); }, minutes(1)));
  const std::string pinned = bench.workloads().targets().begin()->second.artifacts.at("main");
  EXPECT_THAT(pinned, HasSubstr("registry/api@sha256:"));
  bench.HaveImages().Push(kImage, "two");
  bench.Crash();
  bench.Start();
  ASSERT_TRUE(bench.RunUntil([&] { return bench.View().instances.size() == 4; }, minutes(1)));
  for (const auto& [key, target] : bench.workloads().targets()) EXPECT_EQ(target.artifacts.at("main"), pinned);
  EXPECT_THAT(bench.HaveImages().asked(), SizeIs(1)) << "A start asks no registry.";
}

TEST(Images, ATagThatMovedIsAnotherRevisionWhenItIsAppliedAgain) {
  FleetBench bench;
  bench.HaveImages().Push(kImage, "one");
  bench.Start();
  const auto first = bench.Apply(WithImage(kImage));
  ASSERT_TRUE(first);
  const RevisionId before = bench.View().spec.revision;
  ASSERT_TRUE(bench.Apply(WithImage(kImage)));
  EXPECT_EQ(bench.View().spec.revision, before) << "The same content is the same revision.";
  bench.HaveImages().Push(kImage, "two");
  ASSERT_TRUE(bench.Apply(WithImage(kImage)));
  EXPECT_NE(bench.View().spec.revision, before);
}

TEST(Images, ABindingGoesBeforeTheRegistry) {
  FleetBench bench;
  bench.HaveImages();
  bench.Start();
  bench.fleet().BindImage(kImage, "dir:/api/v1", "tester", [](const Result<state::ImageBinding>&) {});
  ASSERT_TRUE(bench.Apply(WithImage(kImage)));
  EXPECT_THAT(bench.HaveImages().asked(), IsEmpty());
}

TEST(Images, ARegistryThatFailsChangesNothing) {
  FleetBench bench;
  bench.HaveImages().FailWith(Error{ErrorCode::kUnavailable, "The registry does not answer.", ""});
  bench.Start();
  const int commits = bench.store().commits();
  const auto refused = bench.Apply(WithImage(kImage));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(bench.store().commits(), commits);
}

TEST(Images, ThePodsSecretsGoToThePullAndToTheInstances) {
  FleetBench bench;
  bench.HaveImages().Push(kImage, "one");
  bench.Start();
  const std::string names = "      imagePullSecrets: [{name: pull}]\n";
  const auto missing = bench.Apply(WithImage(kImage, names));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("pull"));
  const auto other = bench.Apply(WithImage(kImage, names) + Secret("config.json"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr(".dockerconfigjson"));
  ASSERT_TRUE(bench.Apply(WithImage(kImage, names) + Secret(".dockerconfigjson")));
  EXPECT_THAT(bench.HaveImages().asked().back().registry_logins, ElementsAre("{\"auths\": {}}"));
  ASSERT_TRUE(bench.RunUntil([&] { return !bench.workloads().targets().empty(); }, minutes(1)));
  EXPECT_THAT(bench.workloads().targets().begin()->second.registry_logins, ElementsAre("{\"auths\": {}}"));
}

TEST(Images, WhoeverChangesARolloutWhileItsImageIsPulledIsNotOvertaken) {
  FleetBench bench;
  bench.HaveImages().Push(kImage, "one");
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  std::optional<Result<ApplyReport>> slow;
  std::optional<Result<ApplyReport>> quick;
  bench.fleet().Apply({.ns = Namespace("default"), .files = {{"slow.yaml", WithImage(kImage)}}, .by = "a"},
                      [&](Result<ApplyReport> report) { slow = std::move(report); });
  bench.fleet().Apply({.ns = Namespace("default"), .files = {{"quick.yaml", FleetBench::Manifest("v2")}}, .by = "b"},
                      [&](Result<ApplyReport> report) { quick = std::move(report); });
  bench.executor().RunFor(minutes(1));
  ASSERT_TRUE(slow && quick);
  EXPECT_TRUE(quick->has_value());
  ASSERT_FALSE(slow->has_value());
  EXPECT_EQ(slow->error().code, ErrorCode::kStale);
  EXPECT_EQ(bench.VersionOf(bench.View().spec.revision), "v2");
}

}  // namespace
}  // namespace tuesday::control
