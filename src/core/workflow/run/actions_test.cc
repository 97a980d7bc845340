// SPDX-License-Identifier: Apache-2.0
// Steps that use actions: their stages, inputs, and composite ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string OneJob(std::string_view steps) {
  return "on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n" + std::string(steps);
}

LoadedAction Node(std::string_view stages) {
  return {.definition =
              "name: n\ndescription: d\ninputs:\n  who: {default: world}\n  token: {default: '${{ github.sha }}'}\nruns:\n"
              "  using: node20\n  main: main.js\n" +
              std::string(stages),
          .folder = "/actions/n"};
}

TEST(WorkflowActions, RunPreBeforeAllStepsAndPostInReverse) {
  TestWorld world(OneJob(R"(
      - run: first
      - uses: o/a@v1
      - uses: o/b@v1
      - run: last
)"));
  world.actions["o/a@v1"] = Node("  pre: a-pre.js\n  post: a-post.js\n");
  world.actions["o/b@v1"] = Node("  main: b.js\n  post: b-post.js\n");
  world.actions["o/b@v1"].definition.replace(world.actions["o/b@v1"].definition.find("  main: main.js\n"), 16, "");
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("/actions/n/a-pre.js", "first", "/actions/n/main.js", "/actions/n/b.js", "last",
                                         "/actions/n/b-post.js", "/actions/n/a-post.js"));
  EXPECT_THAT(world.orders["/actions/n/main.js"].argv, ElementsAre("node", "/actions/n/main.js"));
}

TEST(WorkflowActions, GetTheirInputsAndTheStateOfTheirEarlierStages) {
  TestWorld world(OneJob(R"(
      - id: a
        uses: o/a@v1
        with: {Who: "you ${{ github.ref }}", role-to-assume: r}
      - run: out ${{ steps.a.outputs.x }}
)"));
  world.actions["o/a@v1"] = Node("  post: post.js\n");
  world.behaviours["/actions/n/main.js"].outputs = {{"x", "1"}};
  world.behaviours["/actions/n/main.js"].saved = {{"key", "kept"}};
  world.Run();
  auto& environment = world.environments["/actions/n/main.js"];
  EXPECT_EQ(environment["INPUT_WHO"], "you refs/heads/main");
  EXPECT_EQ(environment["INPUT_TOKEN"], "0123");
  EXPECT_EQ(environment["INPUT_ROLE-TO-ASSUME"], "r");
  EXPECT_EQ(world.environments["/actions/n/post.js"]["STATE_key"], "kept");
  EXPECT_EQ(world.scripts[1], "out 1");
}

TEST(WorkflowActions, PostRunsAlsoAfterAFailureAndNotWithoutItsMain) {
  TestWorld world(OneJob(R"(
      - uses: o/a@v1
      - run: bad
      - uses: o/b@v1
)"));
  world.actions["o/a@v1"] = Node("  post: a-post.js\n");
  world.actions["o/b@v1"] = Node("  post: b-post.js\n");
  world.behaviours["bad"].exit_code = 1;
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("/actions/n/main.js", "bad", "/actions/n/a-post.js"));
}

// As a cache keyed by a lock file has it: the digest may be another one by then.
TEST(WorkflowActions, EachStageHasItsInputsWithDigestsOfItsOwn) {
  TestWorld world(OneJob(R"(
      - uses: o/a@v1
        with: {who: "${{ hashFiles('lock') }}"}
      - run: changes the lock
      - uses: o/b@v1
        with: {who: "${{ hashFiles('lock') }}"}
        env: {E: "${{ hashFiles('other') }}"}
)"));
  world.actions["o/a@v1"] = Node("  post: a-post.js\n");
  world.actions["o/b@v1"] = Node("  post: b-post.js\n");
  world.hashes = {{"lock", "d1"}, {"other", "d2"}};
  world.Run();
  EXPECT_EQ(world.state.result, RunResult::kSuccess);
  EXPECT_EQ(world.environments["/actions/n/a-post.js"]["INPUT_WHO"], "d1");
  EXPECT_EQ(world.environments["/actions/n/b-post.js"]["E"], "d2");
}

TEST(WorkflowActions, PostIfDecides) {
  TestWorld world(OneJob("      - uses: o/a@v1\n      - run: bad\n"));
  world.actions["o/a@v1"] = Node("  post: a-post.js\n  post-if: success()\n");
  world.behaviours["bad"].exit_code = 1;
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("/actions/n/main.js", "bad"));
}

constexpr std::string_view kComposite = R"(
name: c
description: d
inputs:
  name: {required: true}
outputs:
  greeting: {value: "${{ steps.g.outputs.text }}!"}
runs:
  using: composite
  steps:
    - id: g
      run: greet ${{ inputs.name }} ${{ env.FROM }}
      shell: bash
    - run: second ${{ github.action_path }}
      shell: bash
)";

TEST(WorkflowActions, ACompositeRunsItsStepsWithInputsOfItsOwn) {
  TestWorld world(OneJob(R"(
      - id: c
        uses: ./c
        env: {FROM: me}
        with: {name: Ada}
      - run: after ${{ steps.c.outputs.greeting }} ${{ steps.g.outputs.text }}|${{ env.FROM }}
)"));
  world.actions["./c"] = {.definition = std::string(kComposite), .folder = "/w/c"};
  world.behaviours["greet Ada me"].outputs = {{"text", "hello"}};
  world.behaviours["greet Ada me"].environment = {{"LEAKS", "yes"}};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("greet Ada me", "second /w/c", "after hello! |"));
  EXPECT_EQ(world.environments["after hello! |"]["LEAKS"], "yes");
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
}

TEST(WorkflowActions, ASecretThatACompositeGetsIsNotInTheState) {
  TestWorld world(OneJob(
      "      - uses: ./c\n        env: {FROM: 'x${{ secrets.TOKEN }}'}\n        with: {name: '${{ secrets.TOKEN }}'}\n"));
  world.actions["./c"] = {.definition = std::string(kComposite), .folder = "/w/c"};
  world.Run();
  EXPECT_EQ(world.scripts.front(), "greet hush-hush xhush-hush");
  for (const FrameState& frame : world.Job("j").legs[0].frames) {
    for (const auto& [key, value] : frame.inputs) EXPECT_THAT(value, testing::Not(HasSubstr("hush")));
    for (const auto& [key, value] : frame.environment) EXPECT_THAT(value, testing::Not(HasSubstr("hush")));
  }
}

TEST(WorkflowActions, AFailureWithinACompositeSkipsItsRestAndFailsItsStep) {
  TestWorld world(
      OneJob("      - id: c\n        uses: ./c\n        with: {name: Ada}\n        continue-on-error: true\n      - run: after "
             "${{ steps.c.outcome }}\n"));
  world.actions["./c"] = {.definition = std::string(kComposite), .folder = "/w/c"};
  world.behaviours["greet Ada "].exit_code = 4;
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("greet Ada ", "after failure"));
  EXPECT_THAT(world.StepOf("j", "c").reason, HasSubstr("exit code 4"));
}

TEST(WorkflowActions, AnnotationsWithinACompositeAreCountedAsOfItsStep) {
  TestWorld world(OneJob("      - uses: o/c@v1\n      - run: plain\n"));
  world.actions["o/c@v1"] = {.definition =
                                 "name: c\ndescription: d\nruns:\n  using: composite\n  steps:\n"
                                 "    - {run: one, shell: bash}\n    - {run: two, shell: bash}\n"};
  for (const char* script : {"one", "two", "plain"})
    world.behaviours[script].annotations.assign(8, {.level = AnnotationLevel::kWarning, .message = script});
  world.Run();
  const auto count = [&world](std::string_view message) {
    return std::ranges::count(world.Job("j").legs.front().annotations, message, &Annotation::message);
  };
  EXPECT_EQ(count("one"), 8);
  EXPECT_EQ(count("two"), 2);
  EXPECT_EQ(count("plain"), 8);
  EXPECT_TRUE(world.orders["one"].embedded);
  EXPECT_FALSE(world.orders["plain"].embedded);
}

TEST(WorkflowActions, CompositesNestToALimit) {
  TestWorld world(OneJob("      - uses: ./again\n"));
  world.actions["./again"] = {
      .definition = "name: a\ndescription: d\nruns:\n  using: composite\n  steps:\n    - uses: ./again\n",
      .folder = "/w/again"};
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kFailure);
  EXPECT_THAT(world.Job("j").reason, HasSubstr("nested more than 9 deep"));
}

TEST(WorkflowActions, OneThatIsNotThereFailsItsStepWithTheMend) {
  TestWorld world(OneJob("      - run: first\n      - uses: o/none@v1\n"));
  world.actions["o/none@v1"] = {.problem = "o/none@v1 is not in the mirror. Add it: tuesday actions add PATH"};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("first"));
  EXPECT_THAT(world.Job("j").reason, HasSubstr("tuesday actions add"));
}

}  // namespace
}  // namespace tuesday::workflow
