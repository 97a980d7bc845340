// SPDX-License-Identifier: Apache-2.0
// Artifacts and bindings that nothing needs go; what a rollback could need stays, whatever is killed when.
#include "control/apply/letting_go.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>

#include "base/check.h"
#include "control/fleet.h"
#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::Contains;
using testing::FleetBench;
using ::testing::Not;

constexpr WallTime kFarAhead{hours(5'000'000)};

Result<ArtifactsLetGo> LetGo(FleetBench& bench, WallTime before = kFarAhead, std::set<std::string> also_needed = {}) {
  auto answer = std::make_shared<std::optional<Result<ArtifactsLetGo>>>();
  bench.fleet().LetArtifactsGo(before, std::move(also_needed),
                               [answer](Result<ArtifactsLetGo> gone) { answer->emplace(std::move(gone)); });
  CHECK(bench.executor().RunUntilHolds([&] { return answer->has_value(); }, minutes(1)), "LetArtifactsGo answers");
  return **answer;
}

std::string DigestOf(const FleetBench& bench, const std::string& reference) {
  for (const state::ImageBinding& binding : const_cast<FleetBench&>(bench).fleet().Images()) {
    if (binding.reference == reference) return binding.digest;
  }
  return {};
}

// The bench's manifest with the name of a binding as its image.
std::string Manifest(const std::string& version) {
  std::string text = FleetBench::Manifest(version);
  const std::string direct = "dir:/api/" + version;
  return text.replace(text.find(direct), direct.size(), "registry/api/" + version);
}

void Start(FleetBench& bench) {
  bench.Start();
  for (const std::string version : {"v1", "v2", "v3", "v4"}) {
    auto bound = std::make_shared<bool>(false);
    bench.fleet().BindImage("registry/api/" + version, "dir:/api/" + version, "alice",
                            [bound](const Result<state::ImageBinding>& binding) { *bound = binding.has_value(); });
    ASSERT_TRUE(bench.executor().RunUntilHolds([&] { return *bound; }, minutes(1)));
  }
}

// Without history: a version that is replaced is forgotten as soon as its predecessor role ends.
std::string Forgetful(const std::string& version) {
  std::string text = Manifest(version);
  const std::string mark = "  replicas:";
  CHECK(text.contains(mark), "the bench's manifest gives replicas");
  return text.replace(text.find(mark), mark.size(), "  revisionHistoryLimit: 0\n" + mark);
}

void Deploy(FleetBench& bench, const std::string& manifest, const std::string& version) {
  ASSERT_TRUE(bench.Apply(manifest));
  ASSERT_TRUE(bench.RunUntilStable(version, minutes(30)));
  bench.executor().RunFor(minutes(10));
}

TEST(LettingGo, WhatARollbackCouldNeedStaysAndTheRestGoes) {
  FleetBench bench;
  Start(bench);
  const std::string first = DigestOf(bench, "registry/api/v1");
  const std::string second = DigestOf(bench, "registry/api/v2");
  const std::string never = DigestOf(bench, "registry/api/v4");
  ASSERT_TRUE(!first.empty() && !second.empty() && !never.empty());
  Deploy(bench, Manifest("v1"), "v1");
  Deploy(bench, Manifest("v2"), "v2");
  const Result<ArtifactsLetGo> gone = LetGo(bench);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_TRUE(bench.artifacts().Has(first)) << "undo leads there";
  EXPECT_TRUE(bench.artifacts().Has(second));
  EXPECT_FALSE(bench.artifacts().Has(never));
  EXPECT_EQ(DigestOf(bench, "registry/api/v4"), "");
  EXPECT_EQ(DigestOf(bench, "registry/api/v1"), first);
  EXPECT_EQ(gone->bindings, gone->artifacts);
  EXPECT_EQ(gone->bytes, gone->artifacts * testing::FakeArtifacts::kArtifactBytes);
  ASSERT_TRUE(bench.Undo());
  EXPECT_TRUE(bench.RunUntilStable("v1", minutes(30)));
}

TEST(LettingGo, AVersionThatWasForgottenGoesWithItsBinding) {
  FleetBench bench;
  Start(bench);
  const std::string first = DigestOf(bench, "registry/api/v1");
  Deploy(bench, Forgetful("v1"), "v1");
  Deploy(bench, Forgetful("v2"), "v2");
  Deploy(bench, Forgetful("v3"), "v3");
  ASSERT_EQ(bench.View().status.revisions.size(), 2U) << "the last attempt's baseline stays";
  ASSERT_TRUE(LetGo(bench));
  EXPECT_FALSE(bench.artifacts().Has(first));
  EXPECT_EQ(DigestOf(bench, "registry/api/v1"), "");
  EXPECT_NE(DigestOf(bench, "registry/api/v2"), "");
}

TEST(LettingGo, WhatIsYoungOrNamedOtherwiseStays) {
  FleetBench bench;
  Start(bench);
  const std::string never = DigestOf(bench, "registry/api/v4");
  const std::string asked = DigestOf(bench, "registry/api/v3");
  ASSERT_TRUE(LetGo(bench, WallTime()));
  EXPECT_TRUE(bench.artifacts().Has(never)) << "nothing is older than the epoch";
  ASSERT_TRUE(bench.Apply(R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: smoke}
spec:
  metrics:
    - name: smoke
      provider:
        job: {spec: {template: {spec: {containers: [{name: c, image: "registry/api/v4", command: [./check]}]}}}}
)"));
  ASSERT_TRUE(LetGo(bench, kFarAhead, {asked}));
  EXPECT_TRUE(bench.artifacts().Has(never)) << "an analysis would start it";
  EXPECT_TRUE(bench.artifacts().Has(asked));
  EXPECT_NE(DigestOf(bench, "registry/api/v3"), "");
}

// The fleet is dropped after every so many steps of the work, in turn.
TEST(LettingGo, KilledAnywhereItConvergesAndTakesNothingThatIsNeeded) {
  for (int steps = 0; steps < 30; ++steps) {
    SCOPED_TRACE(steps);
    FleetBench bench;
    Start(bench);
    Deploy(bench, Manifest("v1"), "v1");
    Deploy(bench, Manifest("v2"), "v2");
    const std::string first = DigestOf(bench, "registry/api/v1");
    const std::string never = DigestOf(bench, "registry/api/v4");
    bench.fleet().LetArtifactsGo(kFarAhead, {}, [](const Result<ArtifactsLetGo>&) {});
    for (int i = 0; i < steps; ++i) bench.executor().Step();
    bench.Crash();
    bench.Start();
    bench.executor().RunFor(std::chrono::seconds(5));
    ASSERT_TRUE(LetGo(bench));
    EXPECT_FALSE(bench.artifacts().Has(never));
    EXPECT_TRUE(bench.artifacts().Has(first));
    EXPECT_EQ(LetGo(bench)->artifacts, 0U);
    ASSERT_TRUE(bench.Undo());
    EXPECT_TRUE(bench.RunUntilStable("v1", minutes(30)));
  }
}

TEST(LettingGo, AStoreThatCannotWriteLosesNothing) {
  FleetBench bench;
  Start(bench);
  const std::string never = DigestOf(bench, "registry/api/v4");
  bench.store().FailCommits(Error{ErrorCode::kUnavailable, "The disk is full.", ""});
  EXPECT_FALSE(LetGo(bench));
  EXPECT_TRUE(bench.artifacts().Has(never));
  EXPECT_EQ(DigestOf(bench, "registry/api/v4"), never);
}

}  // namespace
}  // namespace tuesday::control
