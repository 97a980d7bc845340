// SPDX-License-Identifier: Apache-2.0
// Containers of jobs as the machine sees them: two stages around the steps, and orders for whoever has an engine.
#include <gmock/gmock.h>

#include "core/workflow/run/containers/place_terms.h"
#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kServices = R"(
on: push
env: {MAJOR: '15'}
jobs:
  test:
    runs-on: ubuntu-latest
    services:
      db:
        image: postgres:${{ vars.major || '15' }}
        env: {PASSWORD: '${{ secrets.PASSWORD }}', MAJOR: '${{ env.MAJOR }}'}
        ports: ['5433:5432']
        options: --health-cmd "pg_isready -U me" --health-retries 3
        credentials: {username: me, password: '${{ secrets.PASSWORD }}'}
      none:
        image: ${{ '' }}
    steps:
      - run: echo ${{ job.services.db.ports['5432'] }}
)";

StepOrder OrderAt(const TestWorld& world, const std::string& leg, int ordinal) {
  auto order = OrderOf(world.spec, world.state, leg, ordinal);
  EXPECT_TRUE(order.has_value()) << order.error().message;
  return order.value_or(StepOrder());
}

TEST(Containers, ServicesAreBegunBeforeTheStepsAndEndedAfterThem) {
  TestWorld world(kServices);
  world.spec.secrets = expression::Value::Object({{"PASSWORD", "geheim"}});
  world.behaviours[""].outputs = {{kServicesOutput, R"({"db":{"id":"1","network":"n","ports":{"5432":"5433"}}})"}};
  world.Begin();
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kSuccess) << world.Job("test").legs[0].reason;
  const LegState& leg = world.Job("test").legs[0];
  EXPECT_EQ(leg.pre_stages[0].run.name, "Initialize containers");
  EXPECT_EQ(leg.post_stages[0].run.name, "Stop containers");
  EXPECT_EQ(leg.post_stages[0].run.conclusion, RunResult::kSuccess);
  EXPECT_THAT(world.scripts, ElementsAre("", "echo 5433", ""));
  const StepOrder begin = OrderAt(world, leg.key, 1);
  ASSERT_TRUE(begin.containers.has_value());
  EXPECT_EQ(begin.containers->task, ContainerTask::kBegin);
  ASSERT_EQ(begin.containers->containers.size(), 1U) << "a service without an image is left out";
  const ContainerPlan& db = begin.containers->containers[0];
  EXPECT_EQ(db.id, "db");
  EXPECT_EQ(db.image, "postgres:15");
  EXPECT_EQ(db.environment, (std::map<std::string, std::string>{{"PASSWORD", "geheim"}, {"MAJOR", "15"}}));
  EXPECT_EQ(db.user, "me");
  EXPECT_EQ(db.password, "geheim");
  EXPECT_THAT(db.ports, ElementsAre("5433:5432"));
  EXPECT_THAT(PlaceTermsOf(world.spec, world.state, leg.key).service_names, ElementsAre("db"));
}

TEST(Containers, AFailedBeginFailsTheJobAndSkipsItsSteps) {
  TestWorld world(kServices);
  world.behaviours[""].exit_code = 1;
  world.Begin();
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kFailure);
  EXPECT_THAT(world.Job("test").legs[0].reason, HasSubstr("Initialize containers"));
  EXPECT_THAT(world.scripts, ElementsAre("", ""));
}

TEST(Containers, StepsOfAContainerJobSeeItsPathsAndSh) {
  TestWorld world(R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    container: {image: 'alpine:3', env: {A: b}}
    steps:
      - run: pwd
      - run: bash please
        shell: bash
)");
  world.Begin();
  world.Run();
  ASSERT_EQ(world.Result(), RunResult::kSuccess) << world.Job("test").legs[0].reason;
  const StepOrder& order = world.orders.at("pwd");
  EXPECT_TRUE(order.in_container);
  EXPECT_THAT(order.argv, ElementsAre("sh", "-e", "{0}"));
  EXPECT_EQ(order.working_dir, "/__w/repo/repo");
  EXPECT_EQ(order.environment.at("HOME"), "/github/home");
  EXPECT_EQ(order.environment.at("GITHUB_WORKSPACE"), "/__w/repo/repo");
  EXPECT_EQ(order.environment.at("RUNNER_TEMP"), "/__w/_temp");
  EXPECT_EQ(world.orders.at("bash please").argv[0], "bash");
}

TEST(Containers, AnEmptyImageIsNoContainer) {
  TestWorld world(R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    container: ${{ vars.image }}
    steps:
      - run: pwd
)");
  world.Begin();
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
  EXPECT_FALSE(world.orders.at("pwd").in_container);
  EXPECT_THAT(world.scripts, ElementsAre("pwd"));
}

TEST(Containers, WhatCannotBeIsSaidBeforeAnythingBegins) {
  const std::pair<const char*, const char*> rows[] = {
      {"container: {image: a, options: --privileged}", "container: options: --privileged is refused"},
      {"container: {image: a, volumes: ['/etc:/etc']}", "is a folder of the machine"},
      {"services: {a: {image: a, ports: [x]}}", "services.a: 'x' is no port"},
      {"services: {a: {image: a, ports: ['5432:5432']}, b: {image: b, ports: ['5433:5432']}}", "a and b both want port 5432"}};
  for (const auto& [keys, problem] : rows) {
    TestWorld world(std::string("on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    ") + keys +
                    "\n    steps:\n      - run: pwd\n");
    world.Begin();
    world.Run();
    EXPECT_EQ(world.Result(), RunResult::kFailure) << keys;
    EXPECT_THAT(world.Job("test").legs[0].reason, HasSubstr(problem));
    EXPECT_TRUE(world.scripts.empty());
  }
}

TEST(Containers, AnActionOfAnImageRunsItWithItsArguments) {
  TestWorld world(R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: docker://alpine:3
        id: image
        with: {args: 'echo "hello there"', entrypoint: /bin/run}
      - uses: ./own
        with: {who: you}
)");
  world.actions["docker://alpine:3"] = LoadedAction();
  world.actions["./own"] = {.definition =
                                "name: own\ninputs: {who: {default: me}}\nruns:\n  using: docker\n  image: Dockerfile\n  "
                                "args: ['${{ inputs.who }}', two]\n  env: {COLOUR: green}\n  post-entrypoint: /after\n",
                            .folder = "/home/runner/work/repo/repo/own"};
  world.Begin();
  world.Run();
  ASSERT_EQ(world.Result(), RunResult::kSuccess) << world.Job("test").legs[0].reason;
  const std::string leg = world.Job("test").legs[0].key;
  const StepOrder image = OrderAt(world, leg, 1);
  ASSERT_TRUE(image.containers.has_value());
  EXPECT_EQ(image.containers->containers[0].image, "alpine:3");
  EXPECT_EQ(image.containers->containers[0].entrypoint, "/bin/run");
  EXPECT_THAT(*image.containers->containers[0].command, ElementsAre("echo", "hello there"));
  EXPECT_EQ(image.environment.at("GITHUB_WORKSPACE"), "/github/workspace");
  const StepOrder own = OrderAt(world, leg, 2);
  EXPECT_EQ(own.containers->containers[0].build_folder, "/home/runner/work/repo/repo/own");
  EXPECT_EQ(own.containers->containers[0].dockerfile, "Dockerfile");
  EXPECT_THAT(*own.containers->containers[0].command, ElementsAre("you", "two"));
  EXPECT_EQ(own.environment.at("INPUT_WHO"), "you");
  EXPECT_EQ(own.environment.at("COLOUR"), "green");
  EXPECT_EQ(OrderAt(world, leg, 3).containers->containers[0].entrypoint, "/after");
}

}  // namespace
}  // namespace tuesday::workflow
