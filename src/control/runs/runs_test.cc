// SPDX-License-Identifier: Apache-2.0
#include "control/runs/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/fake_places.h"
#include "testing/fake_store.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Pair;
using workflow::RunResult;

constexpr std::string_view kWorkflow = R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    outputs: {tag: "${{ steps.meta.outputs.tag }}"}
    steps:
      - run: echo one
      - id: meta
        run: echo tag=v1 >> "$GITHUB_OUTPUT"
      - run: |
          echo WHERE=here >> "$GITHUB_ENV"
          sleep 1
      - if: hashFiles('lock') != ''
        run: echo ${{ env.WHERE }}
  deploy:
    needs: test
    runs-on: ubuntu-latest
    strategy: {matrix: {to: [a, b]}}
    steps:
      - run: echo ${{ needs.test.outputs.tag }} ${{ matrix.to }}
)";

class NoActions : public Actions {
 public:
  Result<workflow::LoadedAction> Load(const std::string& uses) override {
    if (uses == "o/here@v1") {
      return workflow::LoadedAction{.definition = "name: n\ndescription: d\nruns: {using: node20, main: m.js}\n",
                                    .folder = "/n"};
    }
    return workflow::LoadedAction{.problem = "there is no " + uses};
  }
};

// The daemon can be killed and started again around the same store and places.
class World {
 public:
  World() {
    for (const char* leg : {"test", "deploy.0", "deploy.1", "j", "j.0", "j.1", "j.2"})
      executor.SetLatency("look r7." + std::string(leg), std::chrono::milliseconds(400));
    Start();
  }

  void Start() {
    StartWith(Parts());
    const auto loaded = runs->Load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  }
  RunsParts Parts() {
    return {clock,  executor, store,
            places, actions,  [](const auto&) { return expression::Value::Object({{"KEY", "hush-hush"}}); }};
  }
  void StartWith(RunsParts parts) {
    runs = std::make_unique<Runs>(std::move(parts), [](const std::string&) {});
  }
  void LimitPlaces(std::function<std::size_t()> most) {
    RunsParts parts = Parts();
    parts.jobs_at_once_max = std::move(most);
    StartWith(std::move(parts));
  }
  void Kill() {
    runs.reset();
    executor.Crash();
  }
  void Begin(std::string_view text = kWorkflow) {
    runs::RunRecord record{.id = "r7", .files = {{"ci.yaml", std::string(text)}}, .github = "{}", .inputs = "{}", .vars = "{}"};
    record.labels = {"ubuntu-latest"};
    runs->Begin(record, [this](Result<void> result) { begun = std::move(result); });
  }
  bool IsDone() const {
    const workflow::RunState* state = runs->Find("r7");
    return state != nullptr && state->phase == workflow::RunPhase::kDone;
  }
  void Finish() {
    ASSERT_TRUE(executor.RunUntilHolds([&] { return IsDone(); }, std::chrono::hours(1)));
  }

  ::tuesday::testing::FakeClock clock;
  ::tuesday::testing::VirtualExecutor executor{clock};
  ::tuesday::testing::FakeStore store;
  ::tuesday::testing::FakePlaces places{clock};
  NoActions actions;
  std::unique_ptr<Runs> runs;
  std::optional<Result<void>> begun;
};

TEST(Runs, GiveTheServicesToActionsAndNotToScriptsAndTheirNamespaceToTheJournal) {
  World world;
  RunsParts parts = world.Parts();
  parts.services = [](const runs::RunRecord& record, const std::string& leg) {
    return LegServices{.socket = "/s.sock",
                       .port = 7,
                       .hosts = {{"s.localhost", "127.0.0.1"}},
                       .environment = {{"ACTIONS_RUNTIME_TOKEN", record.id + "/" + leg}},
                       .masks = {"the token"}};
  };
  parts.namespace_of = [](const auto&) { return Namespace("shop"); };
  world.StartWith(std::move(parts));
  world.Begin(
      "on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - run: one\n      - uses: o/here@v1\n        "
      "env: {ACTIONS_RUNTIME_TOKEN: mine}\n");
  world.Finish();
  const PlaceId place("r7.j");
  EXPECT_FALSE(world.places.FindOrder(place, "r7.j.1")->environment.contains("ACTIONS_RUNTIME_TOKEN"));
  EXPECT_EQ(world.places.FindOrder(place, "r7.j.2")->environment.at("ACTIONS_RUNTIME_TOKEN"), "r7/j");
  ASSERT_FALSE(world.store.entries().empty());
  for (const NewEntry& entry : world.store.entries()) EXPECT_EQ(entry.object.ns, Namespace("shop"));
}

TEST(Runs, RunAWorkflowToItsEnd) {
  World world;
  world.Begin();
  world.Finish();
  EXPECT_TRUE(world.begun.has_value() && world.begun->has_value());
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kSuccess);
  EXPECT_THAT(world.places.begun(), Each(Pair(::testing::_, 1)));
  EXPECT_EQ(world.places.begun().size(), 5U);
  EXPECT_EQ(world.places.FindOrder(PlaceId("r7.deploy.1"), "r7.deploy.1.1")->script, "echo v1 b");
  EXPECT_TRUE(world.places.open().empty());
  EXPECT_THAT(world.places.Find(PlaceId("r7.test"))->masks, ::testing::ElementsAre("hush-hush"));
}

TEST(Runs, NoSecretIsStored) {
  World world;
  world.Begin(
      "on: push\njobs: {j: {runs-on: ubuntu-latest, env: {K: '${{ secrets.KEY }}'}, steps: [{run: 'echo ${{ secrets.KEY "
      "}}'}]}}");
  world.Finish();
  EXPECT_EQ(world.places.FindOrder(PlaceId("r7.j"), "r7.j.1")->script, "echo hush-hush");
  const auto rows = world.store.List(runs::kRunTable, "");
  for (const Row& row : *rows) EXPECT_THAT(row.value, ::testing::Not(HasSubstr("hush")));
}

// The heart of it: whenever the daemon dies, no step that ran runs again, none is left out, and the run ends as it would have.
TEST(Runs, GoOnWhereTheyWereAfterADeathBetweenAnyTwoEvents) {
  int steps = 0;
  {
    World world;
    world.Begin();
    world.Finish();
    steps = static_cast<int>(world.executor.steps());
  }
  ASSERT_GT(steps, 50);
  for (int death = 1; death < steps; ++death) {
    SCOPED_TRACE(death);
    World world;
    world.Begin();
    for (int i = 0; i < death; ++i) world.executor.Step();
    world.Kill();
    world.Start();
    // What was never durable was never begun either, and nobody was told that it was.
    if (world.runs->Find("r7") == nullptr) {
      EXPECT_FALSE(world.begun.has_value());
      EXPECT_TRUE(world.places.begun().empty());
      continue;
    }
    world.Finish();
    EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kSuccess);
    EXPECT_THAT(world.places.begun(), Each(Pair(::testing::_, 1)));
    EXPECT_EQ(world.places.begun().size(), 5U);
    EXPECT_TRUE(world.places.open().empty());
  }
}

TEST(Runs, GoOnWhenTheStoreFailsForAWhile) {
  World world;
  world.Begin();
  world.executor.RunFor(std::chrono::milliseconds(500));
  world.store.FailCommits(Error{ErrorCode::kUnavailable, "the disk is full", ""});
  world.executor.RunFor(std::chrono::minutes(1));
  EXPECT_FALSE(world.IsDone());
  world.store.FailCommits(std::nullopt);
  world.Finish();
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kSuccess);
  EXPECT_THAT(world.places.begun(), Each(Pair(::testing::_, 1)));
}

TEST(Runs, ALostPlaceFailsItsJob) {
  World world;
  world.Begin();
  world.executor.RunFor(std::chrono::milliseconds(900));
  world.places.Lose(PlaceId("r7.test"), "its supervisor was killed");
  world.Finish();
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kFailure);
  EXPECT_EQ(world.runs->Find("r7")->graph.jobs[0].reason, "its supervisor was killed");
  EXPECT_EQ(world.runs->Find("r7")->graph.jobs[1].result, RunResult::kSkipped);
}

TEST(Runs, APlaceThatCannotBeOpenedFailsItsJobWithTheReason) {
  World world;
  world.places.FailOpens(Error{ErrorCode::kUnavailable, "bubblewrap is not installed", "Install it."});
  world.Begin();
  world.Finish();
  EXPECT_THAT(world.runs->Find("r7")->graph.jobs[0].reason, HasSubstr("bubblewrap is not installed"));
}

TEST(Runs, GiveSoManyJobsAPlaceAtOnceAndTheOthersWaitWithoutTheirTimeRunning) {
  World world;
  std::size_t most = 1;
  world.LimitPlaces([&] { return most; });
  world.Begin(
      "on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    timeout-minutes: 2\n    strategy: {matrix: {n: [1, 2, 3]}}\n"
      "    steps: [{run: sleep 90}]\n");
  std::size_t highest = 0;
  ASSERT_TRUE(world.executor.RunUntilHolds(
      [&] {
        highest = std::max(highest, world.places.open().size());
        return world.IsDone();
      },
      std::chrono::hours(1)));
  EXPECT_EQ(highest, 1U);
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kSuccess);
  EXPECT_EQ(world.places.begun().size(), 3U);
}

TEST(Runs, AJobThatIsCancelledWhileItWaitsForAPlaceGetsNone) {
  World world;
  std::size_t most = 0;
  world.LimitPlaces([&] { return most; });
  world.Begin();
  world.executor.RunFor(std::chrono::minutes(1));
  EXPECT_TRUE(world.places.begun().empty());
  ASSERT_TRUE(world.runs->Cancel("r7", "", "asked").has_value());
  most = 1;
  world.Finish();
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kCancelled);
  EXPECT_TRUE(world.places.begun().empty());
}

TEST(Runs, AreCancelled) {
  World world;
  world.Begin();
  world.executor.RunFor(std::chrono::milliseconds(900));
  ASSERT_TRUE(world.runs->Cancel("r7", "", "asked").has_value());
  world.Finish();
  EXPECT_EQ(world.runs->Find("r7")->result, RunResult::kCancelled);
  EXPECT_EQ(world.runs->Cancel("r7", "", "again").error().code, ErrorCode::kConflict);
  EXPECT_EQ(world.runs->Cancel("none", "", "asked").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tuesday::control
