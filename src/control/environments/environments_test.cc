// SPDX-License-Identifier: Apache-2.0
#include "control/environments/environments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/fake_places.h"
#include "testing/fake_store.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using runs::DeploymentStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using workflow::RunResult;

constexpr const char* kDeploy = R"(
on: push
jobs:
  test: {runs-on: ubuntu-latest, steps: [{run: echo tested}]}
  deploy:
    needs: test
    runs-on: ubuntu-latest
    environment: Production
    env: {KEY: '${{ secrets.KEY }}', WHERE: '${{ vars.WHERE }}'}
    steps: [{run: sleep 60}, {run: 'echo ${{ secrets.KEY }} ${{ vars.WHERE }}'}]
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

// The daemon can be killed and started again around the same store and places.
class World {
 public:
  World() {
    for (const char* run : {"1", "2", "3"})
      executor.SetLatency("look " + std::string(run) + ".deploy", std::chrono::milliseconds(400));
    Start();
  }

  void Start() {
    list = std::make_unique<RunList>(RunListParts{.clock = clock,
                                                  .executor = executor,
                                                  .store = store,
                                                  .furnish =
                                                      [](const auto&, runs::RunRecord& record) {
                                                        record.labels = {"ubuntu-latest"};
                                                        record.gates_environments = true;
                                                      },
                                                  .prepare = [](runs::RunRecord&) -> Result<void> { return {}; },
                                                  .ended = nullptr,
                                                  .drop_files = nullptr,
                                                  .remove = nullptr});
    using expression::Value;
    runs = std::make_unique<Runs>(
        RunsParts{.clock = clock,
                  .executor = executor,
                  .store = store,
                  .places = places,
                  .actions = actions,
                  .secrets = [](const auto&) { return Value::Object({{"KEY", "of-all"}}); },
                  .environments =
                      [](const auto&) {
                        workflow::EnvironmentSettings settings{Value::Object({{"KEY", "of-production"}}),
                                                               Value::Object({{"WHERE", "there"}})};
                        return std::map<std::string, workflow::EnvironmentSettings>{{"production", settings}};
                      }},
        [this](const std::string& id) { list->Changed(id); });
    list->Drive(*runs);
    environments = std::make_unique<Environments>(EnvironmentsParts{clock, executor, store, zones, *runs, *list});
    ASSERT_TRUE(list->Load().has_value());
    ASSERT_TRUE(environments->Load().has_value());
  }
  void Kill() {
    environments.reset();
    runs.reset();
    list.reset();
    executor.Crash();
  }
  void Push() {
    NewRun run;
    run.summary = {.repository = "shop",
                   .ns = "default",
                   .file = "ci.yaml",
                   .event = "push",
                   .ref = "refs/heads/main",
                   .sha = "abc",
                   .actor = "ada (token)"};
    run.files = {{"ci.yaml", kDeploy}};
    list->Add({run}, {}, [](const auto&) {});
    Wait(std::chrono::seconds(20));
  }
  void Wait(Duration time) { executor.RunFor(time); }
  Result<void> Review(const std::string& run, const std::string& by, bool approves = true) {
    return Ask({.run = run, .environment = "production", .by = by, .approves = approves, .reason = "why not"});
  }
  Result<void> Ask(const ReviewRequest& request) {
    std::optional<Result<void>> answer;
    environments->Review(request, [&](Result<void> result) { answer = std::move(result); });
    EXPECT_TRUE(executor.RunUntilHolds([&] { return answer.has_value(); }, std::chrono::minutes(1)));
    return answer.value_or(Fail(ErrorCode::kInternal, "no answer"));
  }
  Result<runs::EnvironmentRecord> SetRules(workflow::EnvironmentRules rules, const std::string& name = "production") {
    std::optional<Result<runs::EnvironmentRecord>> answer;
    environments->Set({.repository = "shop", .ns = "default", .name = name, .rules = std::move(rules), .changed_by = "root"},
                      [&](Result<runs::EnvironmentRecord> result) { answer = std::move(result); });
    executor.RunUntilHolds([&] { return answer.has_value(); }, std::chrono::minutes(1));
    return *answer;
  }
  RunResult ResultOf(const std::string& run) const { return list->Find(run)->result; }
  std::vector<std::pair<std::string, DeploymentStatus>> Released() const {
    std::vector<std::pair<std::string, DeploymentStatus>> released;
    for (const auto& record : environments->Deployments("shop", "production")) released.emplace_back(record.run, record.status);
    return released;
  }

  ::tuesday::testing::FakeClock clock;
  ::tuesday::testing::VirtualExecutor executor{clock};
  ::tuesday::testing::FakeStore store;
  ::tuesday::testing::FakePlaces places{clock};
  OnlyUtc zones;
  NoActions actions;
  std::unique_ptr<RunList> list;
  std::unique_ptr<Runs> runs;
  std::unique_ptr<Environments> environments;
};

const workflow::EnvironmentRules kReviewed{.reviewers = {"bob", "eve"}, .reviews_needed = 1};

TEST(Environments, TakeOneRunAtATimeAndTheNewestOfThoseThatWait) {
  World world;
  world.Push();
  world.Push();
  world.Push();
  EXPECT_THAT(world.environments->WaitsOf("3")["deploy"], ElementsAre("run 1 is being released to Production"));
  EXPECT_EQ(world.ResultOf("2"), RunResult::kCancelled);
  world.Wait(std::chrono::minutes(3));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
  EXPECT_EQ(world.ResultOf("3"), RunResult::kSuccess);
  EXPECT_THAT(world.Released(),
              ElementsAre(std::pair("3", DeploymentStatus::kSuccess), std::pair("2", DeploymentStatus::kCancelled),
                          std::pair("1", DeploymentStatus::kSuccess)));
  EXPECT_THAT(world.environments->Deployments("shop", "PRODUCTION")[1].reason,
              HasSubstr("superseded: run 3 goes to Production"));
}

TEST(Environments, GiveTheirSecretsToWhoWasLetInAlone) {
  World world;
  world.Push();
  world.Wait(std::chrono::minutes(2));
  EXPECT_EQ(world.places.FindOrder(PlaceId("1.deploy"), "1.deploy.2")->script, "echo of-production there");
  EXPECT_THAT(world.places.Find(PlaceId("1.deploy"))->masks, ElementsAre("of-all", "of-production"));
  EXPECT_THAT(world.places.Find(PlaceId("1.test"))->masks, ElementsAre("of-all"));
  const auto rows = world.store.List(runs::kRunTable, "");
  for (const Row& row : *rows) EXPECT_THAT(row.value, Not(HasSubstr("of-production")));
}

TEST(Environments, WaitForAReviewByAnother) {
  World world;
  ASSERT_TRUE(world.SetRules({.reviewers = {"ada", "bob"}, .reviews_needed = 1}).has_value());
  world.Push();
  world.Wait(std::chrono::hours(24));
  EXPECT_FALSE(world.places.begun().contains("1.deploy/1.deploy.1"));
  EXPECT_THAT(world.environments->WaitsOf("1")["deploy"], ElementsAre(HasSubstr("1 of 1 reviews are missing; ada, bob")));
  EXPECT_EQ(world.Review("1", "ada (uid 7)").error().code, ErrorCode::kDenied);
  EXPECT_EQ(world.Review("1", "mallory (token)").error().code, ErrorCode::kDenied);
  ASSERT_TRUE(world.Review("1", "bob (token)").has_value());
  world.Wait(std::chrono::minutes(2));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
  const runs::DeploymentRecord released = world.environments->Deployments("shop", "production")[0];
  ASSERT_EQ(released.reviews.size(), 1U);
  EXPECT_EQ(released.reviews[0].by, "bob (token)");
  EXPECT_EQ(released.reviews[0].sha, "abc");
  EXPECT_EQ(world.Review("1", "bob (token)").error().code, ErrorCode::kConflict);
}

TEST(Environments, ARejectionFailsTheJobWithItsReason) {
  World world;
  ASSERT_TRUE(world.SetRules(kReviewed).has_value());
  world.Push();
  ASSERT_TRUE(world.Review("1", "eve (token)", false).has_value());
  world.Wait(std::chrono::minutes(1));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kFailure);
  EXPECT_EQ(world.environments->Deployments("shop", "production")[0].reason, "eve rejected it: why not");
}

TEST(Environments, AreBypassedByAnAdminWithAReasonAlone) {
  World world;
  ASSERT_TRUE(world.SetRules(kReviewed).has_value());
  world.Push();
  ReviewRequest request{.run = "1", .by = "root (uid 0)", .is_admin = false, .bypasses = true, .reason = "fire"};
  EXPECT_EQ(world.Ask(request).error().code, ErrorCode::kDenied);
  request.is_admin = true;
  request.reason = "";
  EXPECT_EQ(world.Ask(request).error().code, ErrorCode::kDenied);
  request.reason = "fire";
  ASSERT_TRUE(world.Ask(request).has_value());
  world.Wait(std::chrono::minutes(2));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
  EXPECT_THAT(world.store.entries(), ::testing::Contains(::testing::ResultOf(
                                         [](const NewEntry& entry) { return entry.entry.kind; }, "environment.bypassed")));
}

TEST(Environments, AWaitTimerEndsByItself) {
  World world;
  ASSERT_TRUE(world.SetRules({.wait = std::chrono::minutes(30)}).has_value());
  world.Push();
  world.Wait(std::chrono::minutes(29));
  EXPECT_FALSE(world.places.begun().contains("1.deploy/1.deploy.1"));
  world.Wait(std::chrono::minutes(3));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
}

TEST(Environments, AFreezeHoldsUntilItIsTakenBackAndOutlivesNewRules) {
  World world;
  ASSERT_TRUE(world.SetRules({}).has_value());
  std::optional<Result<runs::EnvironmentRecord>> frozen;
  const auto freeze = [&](std::optional<workflow::Freeze> what) {
    world.environments->SetFreeze("shop", "production", std::move(what), "bob",
                                  [&](auto result) { frozen = std::move(result); });
    world.Wait(std::chrono::seconds(1));
  };
  freeze(workflow::Freeze{"the fair", "bob", {}});
  ASSERT_TRUE(frozen->has_value());
  ASSERT_TRUE(world.SetRules({.branches = {"main"}}).has_value());
  world.Push();
  world.Wait(std::chrono::hours(24));
  EXPECT_THAT(world.environments->WaitsOf("1")["deploy"], ElementsAre("bob froze it: the fair"));
  freeze(std::nullopt);
  world.Wait(std::chrono::minutes(2));
  EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
}

TEST(Environments, RefuseRulesThatCannotBeMeant) {
  World world;
  EXPECT_THAT(world.SetRules({.reviewers = {"bob"}, .reviews_needed = 2, .time_zone = "Mars/Base"}).error().message,
              ::testing::AllOf(HasSubstr("can never be"), HasSubstr("Mars/Base")));
  EXPECT_THAT(world.SetRules({}, "a/b").error().message, HasSubstr("\"a/b\" is no name"));
  EXPECT_THAT(world.environments->List("shop"), IsEmpty());
}

// Whenever the daemon dies, what was approved stays approved, nothing is released without, and the record is whole.
TEST(Environments, ConvergeAfterADeathBetweenAnyTwoEvents) {
  const auto play = [](World& world, int death) {
    ASSERT_TRUE(world.SetRules(kReviewed).has_value());
    world.Push();
    if (world.list->Find("1") == nullptr) return;
    bool approved = false;
    world.environments->Review({.run = "1", .environment = "production", .by = "bob (token)"},
                               [&](const Result<void>& result) { approved = result.has_value(); });
    for (int i = 0; i < death; ++i) world.executor.Step();
    world.Kill();
    world.Start();
    world.Wait(std::chrono::minutes(5));
    if (world.environments->WaitsOf("1").contains("deploy")) {
      EXPECT_FALSE(approved) << "an approval that was confirmed is lost";
      EXPECT_FALSE(world.places.begun().contains("1.deploy/1.deploy.1"));
      ASSERT_TRUE(world.Review("1", "bob (token)").has_value());
      world.Wait(std::chrono::minutes(5));
    }
    EXPECT_EQ(world.ResultOf("1"), RunResult::kSuccess);
    EXPECT_THAT(world.Released(), ElementsAre(std::pair("1", DeploymentStatus::kSuccess)));
    EXPECT_EQ(world.environments->Deployments("shop", "production")[0].reviews.size(), 1U);
  };
  for (int death = 0; death < 60; ++death) {
    SCOPED_TRACE(death);
    World world;
    play(world, death);
  }
}

}  // namespace
}  // namespace tuesday::control
