// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/hosting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/fake_places.h"
#include "testing/fake_repositories.h"
#include "testing/fake_store.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using runs::ResumeMode;
using runs::RunStatus;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using workflow::RunResult;

constexpr const char* kFile = ".github/workflows/ci.yaml";
constexpr const char* kCi = R"(
name: CI
on:
  push: {branches: [main], paths-ignore: [docs/**]}
  pull_request: {branches: [main]}
  workflow_dispatch: {inputs: {who: {required: true}}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: echo one
      - run: echo ${{ github.event_name }} ${{ github.run_number }} ${{ inputs.who }}
)";
constexpr const char* kFails = R"(
on: push
jobs: {test: {runs-on: ubuntu-latest, steps: [{run: echo one}, {run: exit 1}, {run: echo three}]}}
)";

class NoActions : public Actions {
 public:
  Result<workflow::LoadedAction> Load(const std::string&) override { return workflow::LoadedAction{.problem = "none"}; }
};

class OnlyUtc : public TimeZones {
 public:
  Result<std::shared_ptr<const calendar::TimeZone>> Find(const std::string& name) const override {
    if (name.empty()) return std::make_shared<const calendar::Utc>();
    return Fail(ErrorCode::kNotFound, "There is no zone " + name);
  }
};

// The daemon can be killed and started again around the same store, places and repositories.
class World {
 public:
  World() {
    executor.SetLatency("look 1.a", std::chrono::milliseconds(400));  // A look at what runs waits a while.
    Start();
  }

  void Start() {
    list = std::make_unique<RunList>(
        RunListParts{.clock = clock,
                     .executor = executor,
                     .store = store,
                     .furnish = [](const auto&, runs::RunRecord& record) { record.labels = {"ubuntu-latest"}; },
                     .prepare = [this](runs::RunRecord& record) -> Result<void> {
                       prepared.push_back(record.id);
                       return {};
                     },
                     .ended = nullptr,
                     .drop_files = nullptr,
                     .remove = [this](const runs::RunRecord& record) { removed.push_back(record.id); },
                     .kept_max = 3,
                     .highest_left = [this] { return highest_left; }});
    runs = std::make_unique<Runs>(
        RunsParts{clock, executor, store, places, actions, [](const auto&) { return expression::Value::Object({}); }},
        [this](const std::string& id) { list->Changed(id); });
    list->Drive(*runs);
    hosting = std::make_unique<Hosting>(HostingParts{clock, executor, store, repositories, *list, zones});
    ASSERT_TRUE(hosting->Load().has_value());
    const auto loaded = list->Load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    hosting->Start();
  }
  void Kill() {
    hosting.reset();
    runs.reset();
    list.reset();
    executor.Crash();
  }
  void Create(const std::string& name = "app", const std::string& follow = "") {
    runs::RepositoryRecord wanted{.name = name, .ns = "shop", .default_branch = "main", .follow = follow};
    wanted.follow_seconds = 60;
    std::optional<Result<runs::RepositoryRecord>> made;
    hosting->Create(wanted, [&](auto result) { made = std::move(result); });
    ASSERT_TRUE(executor.RunUntilHolds([&] { return made.has_value(); }, std::chrono::minutes(1)));
    ASSERT_TRUE(made->has_value()) << made->error().message;
  }
  Hosting::Observation Observe(const std::string& by = "grace") {
    std::optional<Result<Hosting::Observation>> seen;
    hosting->Observe("app", by, [&](auto result) { seen = std::move(result); });
    EXPECT_TRUE(executor.RunUntilHolds([&] { return seen.has_value(); }, std::chrono::minutes(1)));
    EXPECT_TRUE(seen->has_value()) << seen->error().message;
    return seen->value_or(Hosting::Observation());
  }
  void Settle() { executor.RunFor(std::chrono::minutes(10)); }
  const runs::RunSummary& Run(const std::string& id) const { return *list->Find(id); }

  ::tuesday::testing::FakeClock clock;
  ::tuesday::testing::VirtualExecutor executor{clock};
  ::tuesday::testing::FakeStore store;
  ::tuesday::testing::FakePlaces places{clock};
  ::tuesday::testing::FakeRepositories repositories;
  OnlyUtc zones;
  NoActions actions;
  std::vector<std::string> prepared;
  std::vector<std::string> removed;
  std::uint64_t highest_left = 0;
  std::unique_ptr<RunList> list;
  std::unique_ptr<Runs> runs;
  std::unique_ptr<Hosting> hosting;
};

TEST(Pushes, BeginTheWorkflowsThatTheyFire) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}}, "First\n\nMore");
  const auto seen = world.Observe();
  ASSERT_THAT(seen.runs, SizeIs(1));
  EXPECT_EQ(seen.runs[0].title, "CI");
  EXPECT_EQ(seen.runs[0].number, 1);
  EXPECT_EQ(seen.runs[0].actor, "grace");
  EXPECT_EQ(seen.runs[0].subject, "First");
  world.Settle();
  EXPECT_EQ(world.Run("1").status, RunStatus::kDone);
  EXPECT_EQ(world.Run("1").result, RunResult::kSuccess);
  EXPECT_EQ(world.places.FindOrder(PlaceId("1.test"), "1.test.2")->script, "echo push 1 ");
  EXPECT_THAT(world.Observe().runs, IsEmpty());
}

TEST(Pushes, AreFilteredByBranchAndPaths) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  EXPECT_THAT(world.Observe().runs, SizeIs(1));
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}, {"docs/a.md", "x"}});
  EXPECT_THAT(world.Observe().runs, IsEmpty());
  world.repositories.Push("app", "refs/heads/topic", {{kFile, kCi}});
  EXPECT_THAT(world.Observe().runs, IsEmpty());
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}, {"a.c", "x"}}, "Mend [skip ci]");
  const auto skipped = world.Observe();
  EXPECT_THAT(skipped.runs, IsEmpty());
  EXPECT_THAT(skipped.notices, SizeIs(1));
}

TEST(Pushes, WhileNobodyListenedRunAtTheStart) {
  World world;
  world.Create();
  world.Kill();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  world.Start();
  world.Settle();
  EXPECT_EQ(world.Run("1").result, RunResult::kSuccess);
}

TEST(Pushes, OfAWorkflowThatCannotBeReadAreListedAsFailed) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, "on: push\njobs: {a: {runs-on: x, stepz: []}}\n"}});
  const auto seen = world.Observe();
  ASSERT_THAT(seen.runs, SizeIs(1));
  EXPECT_EQ(seen.runs[0].result, RunResult::kFailure);
  EXPECT_THAT(seen.runs[0].reason, HasSubstr(".github/workflows/ci.yaml:2:"));
  ASSERT_FALSE(seen.notices.empty());
}

// Whenever the daemon dies, a push begins its run once, and each step of it once.
TEST(Pushes, BeginOneRunWheneverTheDaemonDies) {
  int deaths = 0;
  for (int after = 0;; ++after) {
    World world;
    world.Create();
    world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
    world.hosting->Observe("app", "grace", [](const auto&) {});
    int steps = 0;
    while (steps < after && world.executor.Step(world.clock.Now() + std::chrono::seconds(30))) ++steps;
    if (steps < after) break;
    world.Kill();
    ++deaths;
    world.Start();
    world.Settle();
    ASSERT_THAT(world.list->List(), SizeIs(1)) << "after " << after;
    EXPECT_EQ(world.Run("1").result, RunResult::kSuccess) << "after " << after;
    EXPECT_THAT(world.places.begun(), Each(Pair(::testing::_, 1))) << "after " << after;
    EXPECT_EQ(world.places.begun().size(), 2U) << "after " << after;
    EXPECT_THAT(*world.store.List(runs::kPendingTable, ""), IsEmpty()) << "after " << after;
  }
  EXPECT_GT(deaths, 15);
}

TEST(Changes, RunOnTheMergeAndWithoutTrustWaitForAnApproval) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  world.Observe();
  world.repositories.PushChange("app", {.number = 1, .base_branch = "main", .title = "Mine", .author = "guest"},
                                {{kFile, kCi}});
  const auto seen = world.Observe("guest");
  ASSERT_THAT(seen.runs, SizeIs(1));
  EXPECT_EQ(seen.runs[0].ref, "refs/pull/1/merge");
  EXPECT_EQ(seen.runs[0].status, RunStatus::kApproval);
  world.Settle();
  EXPECT_EQ(world.Run("2").status, RunStatus::kApproval);
  Result<void> answer;
  world.list->Approve("2", "guest", "", [&](auto result) { answer = result; });
  world.Settle();
  EXPECT_EQ(answer.error().code, ErrorCode::kDenied);
  world.list->Approve("2", "grace", "looks good", [&](auto result) { answer = result; });
  world.Settle();
  EXPECT_TRUE(answer.has_value());
  EXPECT_EQ(world.Run("2").result, RunResult::kSuccess);
}

TEST(Changes, ThatConflictRunNothingAndSaySo) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  world.Observe();
  world.repositories.Of("app").conflicts = {"a.txt"};
  world.repositories.PushChange("app", {.number = 1, .base_branch = "main", .author = "guest"}, {{kFile, kCi}});
  const auto seen = world.Observe();
  EXPECT_THAT(seen.runs, IsEmpty());
  ASSERT_THAT(seen.notices, SizeIs(1));
  EXPECT_THAT(seen.notices[0], HasSubstr("conflicts with main in a.txt"));
}

TEST(Dispatches, TakeInputs) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  world.Observe();
  std::optional<Result<runs::RunSummary>> begun;
  world.hosting->Dispatch("app", {.file = "ci.yaml", .ref = "main", .inputs = {{"who", "you"}}, .by = "grace"},
                          [&](auto result) { begun = std::move(result); });
  world.Settle();
  ASSERT_TRUE(begun->has_value()) << begun->error().message;
  EXPECT_EQ((*begun)->number, 2);
  EXPECT_EQ(world.places.FindOrder(PlaceId("2.test"), "2.test.2")->script, "echo workflow_dispatch 2 you");
  world.hosting->Dispatch("app", {.file = "ci.yaml", .ref = "", .inputs = {}, .by = "grace"},
                          [&](auto result) { begun = std::move(result); });
  world.Settle();
  EXPECT_THAT(begun->error().message, HasSubstr("asks for the input 'who'"));
}

TEST(Reruns, GoOnAtTheFailedStepOrBeginAnew) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kFails}});
  world.Observe();
  world.Settle();
  EXPECT_EQ(world.Run("1").result, RunResult::kFailure);
  world.list->Rerun("1", ResumeMode::kFailedStep, "grace", [](const auto&) {});
  world.Settle();
  EXPECT_EQ(world.Run("1").attempt, 2);
  EXPECT_EQ(world.Run("1").status, RunStatus::kDone);
  EXPECT_EQ(world.places.FindOrder(PlaceId("1.2.test"), "1.2.test.3")->script, "exit 1");
  world.list->Rerun("1", ResumeMode::kNothing, "grace", [](const auto&) {});
  world.Settle();
  EXPECT_EQ(world.places.FindOrder(PlaceId("1.3.test"), "1.3.test.1")->script, "echo one");
}

TEST(Reruns, OfAKilledDaemonBeginOnce) {
  int deaths = 0;
  for (int after = 0;; ++after) {
    World world;
    world.Create();
    world.repositories.Push("app", "refs/heads/main", {{kFile, kFails}});
    world.Observe();
    world.Settle();
    bool accepted = false;
    world.list->Rerun("1", ResumeMode::kFailedStep, "grace", [&](const auto& result) { accepted = result.has_value(); });
    int steps = 0;
    while (steps < after && world.executor.Step(world.clock.Now() + std::chrono::seconds(30))) ++steps;
    if (steps < after) break;
    world.Kill();
    ++deaths;
    world.Start();
    world.Settle();
    EXPECT_EQ(world.Run("1").status, RunStatus::kDone) << "after " << after;
    if (accepted) {
      EXPECT_EQ(world.Run("1").attempt, 2) << "after " << after;
    }
    EXPECT_THAT(world.places.begun(), Each(Pair(::testing::_, 1))) << "after " << after;
  }
  EXPECT_GT(deaths, 10);
}

TEST(Cancels, EndWhatWaitsAndWhatRuns) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main",
                          {{kFile, "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: sleep 3000}]}}\n"}});
  world.Observe();
  world.executor.RunFor(std::chrono::seconds(5));
  EXPECT_EQ(world.Run("1").status, RunStatus::kRunning);
  Result<void> removed;
  world.hosting->Remove("app", "grace", [&](auto result) { removed = result; });
  EXPECT_EQ(removed.error().code, ErrorCode::kConflict);
  world.list->Cancel("1", "grace", "wrong branch", [](const auto&) {});
  world.Settle();
  EXPECT_EQ(world.Run("1").result, RunResult::kCancelled);
  EXPECT_THAT(world.Run("1").reason, HasSubstr("wrong branch"));
  world.hosting->Remove("app", "grace", [&](auto result) { removed = result; });
  world.Settle();
  EXPECT_TRUE(removed.has_value());
  EXPECT_EQ(world.hosting->Find("app"), nullptr);
}

TEST(Mirrors, BeginRunsOfNewsOnly) {
  World world;
  world.repositories.Push("upstream", "refs/heads/main", {{kFile, kCi}});
  world.Create("app", "upstream");
  world.Settle();
  EXPECT_THAT(world.list->List(), IsEmpty());
  world.repositories.Push("upstream", "refs/heads/main", {{kFile, kCi}, {"b.c", "x"}});
  world.Settle();
  ASSERT_THAT(world.list->List(), SizeIs(1));
  EXPECT_EQ(world.Run("1").result, RunResult::kSuccess);
}

TEST(Retention, LetsTheOldestGoWithAllAttemptsAndRows) {
  World world;
  world.Create();
  for (int n = 0; n < 5; ++n) {
    world.repositories.Push("app", "refs/heads/main", {{kFile, n == 0 ? kFails : kCi}});
    world.Observe();
    world.Settle();
    if (n > 0) continue;
    world.list->Rerun("1", ResumeMode::kFailedStep, "grace", [](const auto&) {});
    world.Settle();
  }
  EXPECT_THAT(world.list->List(), SizeIs(3));
  EXPECT_THAT(world.removed, ::testing::ElementsAre("1", "1.2", "2"));
  const auto rows = world.store.List(runs::kRunTable, "");
  ASSERT_TRUE(rows);
  EXPECT_THAT(*rows, ::testing::Not(IsEmpty()));
  for (const Row& row : *rows) EXPECT_THAT(row.key[0], ::testing::AnyOf('3', '4', '5')) << row.key;
}

TEST(Restored, WhatMovedSinceTheBackupIsSeenAndNotRunAndNoNumberIsGivenTwice) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}});
  world.Observe();
  world.Settle();
  world.Kill();
  // Run 2 came after the backup: it has left files, and the ref has moved.
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}, {"b.c", "x"}});
  world.highest_left = 2;
  const state::RestoredRecord restored{.backup = "b1", .taken_at = "2026-11-23T14:00:00.000Z", .restored_at = ""};
  ASSERT_TRUE(world.store.Commit(
      {.put = {{std::string(state::kRestoredTable), state::kRestoredRepositoriesKey, state::EncodeRestored(restored)}}}));
  world.Start();
  world.Settle();
  EXPECT_THAT(world.list->List(), SizeIs(1));
  EXPECT_EQ(world.store.entries().back().entry.kind, "repository.restored");
  EXPECT_EQ(world.store.entries().back().entry.data.at("refs"), "1");
  EXPECT_FALSE(world.store.Get(state::kRestoredTable, state::kRestoredRepositoriesKey)->has_value());
  world.repositories.Push("app", "refs/heads/main", {{kFile, kCi}, {"b.c", "y"}});
  const auto seen = world.Observe();
  ASSERT_THAT(seen.runs, SizeIs(1));
  EXPECT_EQ(seen.runs[0].id, "3");
}

constexpr const char* kNightly = R"(
on: {schedule: [{cron: '30 3 * * *'}]}
jobs: {test: {runs-on: ubuntu-latest, steps: [{run: "echo ${{ github.event.schedule }}"}]}}
)";

TEST(Schedules, RunOncePerTimeOnTheDefaultBranch) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kNightly}});
  EXPECT_THAT(world.Observe().runs, IsEmpty());
  world.executor.RunFor(std::chrono::hours(49));
  ASSERT_THAT(world.list->List(), SizeIs(2));
  EXPECT_EQ(world.Run("1").event, "schedule");
  EXPECT_EQ(world.places.FindOrder(PlaceId("1.test"), "1.test.1")->script, "echo 30 3 * * *");
}

TEST(Schedules, ThatWereMissedRunOnceAtTheStart) {
  World world;
  world.Create();
  world.repositories.Push("app", "refs/heads/main", {{kFile, kNightly}});
  world.Observe();
  world.Kill();
  world.clock.Set(world.clock.Now() + std::chrono::hours(24 * 5));
  world.Start();
  world.Settle();
  ASSERT_THAT(world.list->List(), SizeIs(1));
  world.Kill();
  world.Start();
  world.Settle();
  EXPECT_THAT(world.list->List(), SizeIs(1));
}

}  // namespace
}  // namespace tuesday::control
