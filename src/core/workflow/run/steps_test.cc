// SPDX-License-Identifier: Apache-2.0
// Steps of one job: conditions, results, what they hand on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string OneJob(std::string_view steps) {
  return "on: push\nenv: {A: file, B: file}\njobs:\n  j:\n    runs-on: ubuntu-latest\n    env: {B: job}\n    steps:\n" +
         std::string(steps);
}

TEST(WorkflowSteps, AfterAFailureOnlyWhatAsksForItRuns) {
  TestWorld world(OneJob(R"(
      - run: one
      - id: two
        run: two
      - id: three
        run: three
      - if: failure()
        run: failed ${{ steps.two.outcome }} ${{ steps.two.conclusion }}
      - if: always()
        run: always
      - if: contains('always()', 'x')
        run: wrapped
)"));
  world.behaviours["two"].exit_code = 7;
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("one", "two", "failed failure failure", "always"));
  EXPECT_EQ(world.StepOf("j", "three").conclusion, RunResult::kSkipped);
  EXPECT_EQ(world.StepOf("j", "three").reason, "success() is false");
  EXPECT_EQ(world.StepOf("j", "two").reason, "Process completed with exit code 7.");
}

TEST(WorkflowSteps, OutcomeIsBeforeContinueOnErrorAndConclusionAfter) {
  TestWorld world(OneJob(R"(
      - id: two
        run: two
        continue-on-error: ${{ true }}
      - run: then ${{ steps.two.outcome }} ${{ steps.two.conclusion }} ${{ job.status }}
)"));
  world.behaviours["two"].exit_code = 7;
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("two", "then failure success success"));
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
}

TEST(WorkflowSteps, LayersTheEnvironment) {
  TestWorld world(OneJob(R"(
      - run: one
        env: {C: "${{ env.B }}-step", S: "${{ secrets.TOKEN }}"}
      - run: two ${{ env.W }}
        env: {W: over}
      - run: three ${{ env.W }}
)"));
  world.behaviours["one"].environment = {{"W", "written"}, {"A", "rewritten"}};
  world.behaviours["one"].path = {"/opt/x"};
  world.Run();
  EXPECT_EQ(world.environments["one"]["A"], "file");
  EXPECT_EQ(world.environments["one"]["B"], "job");
  EXPECT_EQ(world.environments["one"]["C"], "job-step");
  EXPECT_EQ(world.environments["one"]["S"], "hush-hush");
  EXPECT_EQ(world.environments["one"]["GITHUB_SHA"], "0123");
  EXPECT_EQ(world.environments["one"]["GITHUB_JOB"], "j");
  EXPECT_EQ(world.environments["three written"]["A"], "rewritten");
  EXPECT_THAT(world.scripts, ElementsAre("one", "two over", "three written"));
  EXPECT_THAT(world.orders["three written"].path_first, ElementsAre("/opt/x"));
}

TEST(WorkflowSteps, KnowsTheShells) {
  TestWorld world(OneJob(R"(
      - run: plain
      - run: bash
        shell: bash
      - run: py
        shell: python
      - run: perl
        shell: perl -w {0}
        working-directory: sub
      - run: bad
        shell: fish
)"));
  world.Run();
  EXPECT_THAT(world.orders["plain"].argv, ElementsAre("bash", "-e", "{0}"));
  EXPECT_THAT(world.orders["bash"].argv, ElementsAre("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "{0}"));
  EXPECT_EQ(world.orders["py"].script_suffix, ".py");
  EXPECT_THAT(world.orders["perl"].argv, ElementsAre("perl", "-w", "{0}"));
  EXPECT_EQ(world.orders["perl"].working_dir, "/home/runner/work/repo/repo/sub");
  EXPECT_FALSE(world.orders.contains("bad"));
  EXPECT_THAT(world.Job("j").reason, HasSubstr("Invalid shell option 'fish'"));
}

TEST(WorkflowSteps, AsksForADigestAndGoesOnWhenItIsThere) {
  TestWorld world(OneJob(R"(
      - run: key ${{ hashFiles('**/lock', 'x') }}
      - if: hashFiles('absent') != ''
        run: never
      - run: env ${{ env.H }}
        env: {H: "${{ hashFiles('**/lock') }}"}
)"));
  world.hashes["**/lock"] = "abc";
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("key abc", "env abc"));
}

TEST(WorkflowSteps, AWrongExpressionFailsItsStepWithThePlace) {
  TestWorld world(OneJob("      - run: a ${{ fromJSON('{') }}\n"));
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kFailure);
  EXPECT_THAT(world.Job("j").reason, HasSubstr("Line 8, column 14: "));
  EXPECT_TRUE(world.scripts.empty());
}

TEST(WorkflowSteps, GivesAStepItsTimeoutAndTellsWhenItPassed) {
  TestWorld world(OneJob(R"(
      - run: slow
        timeout-minutes: 2
)"));
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.Run();
  EXPECT_EQ(world.Job("j").reason, "Run slow: has timed out after 2 minutes");
}

// Outputs of a background step are there after the wait and not before.
TEST(WorkflowSteps, BackgroundStepsJoinAtTheWait) {
  TestWorld world(OneJob(R"(
      - id: bg
        run: bg
        background: true
      - run: beside ${{ steps.bg.outputs.x }}
      - wait: bg
      - run: after ${{ steps.bg.outputs.x }}
)"));
  world.behaviours["bg"] = {
      .exit_code = 0, .takes = std::chrono::milliseconds(10), .outputs = {{"x", "1"}}, .environment = {}, .path = {}};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("bg", "beside ", "after 1"));
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
}

TEST(WorkflowSteps, AFailedBackgroundStepFailsTheJobAtTheWait) {
  TestWorld world(OneJob(R"(
      - id: bg
        run: bg
        background: true
      - run: beside
      - wait-all:
      - run: after
)"));
  world.behaviours["bg"].exit_code = 1;
  world.behaviours["bg"].takes = std::chrono::milliseconds(10);
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("bg", "beside"));
  EXPECT_EQ(world.Result(), RunResult::kFailure);
}

TEST(WorkflowSteps, ParallelStepsRunTogetherAndAreWaitedFor) {
  TestWorld world(OneJob(R"(
      - parallel:
          - run: p1
          - run: p2
      - run: after
)"));
  world.Begin();
  world.RunFor(std::chrono::milliseconds(100));
  EXPECT_THAT(world.scripts, UnorderedElementsAre("p1", "p2"));
  world.Run();
  EXPECT_EQ(world.scripts.back(), "after");
}

TEST(WorkflowSteps, ACancelledBackgroundStepIsNoFailure) {
  TestWorld world(OneJob(R"(
      - id: server
        run: server
        background: true
      - run: test
      - cancel: server
)"));
  world.behaviours["server"].takes = std::chrono::hours(1);
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
  EXPECT_THAT(world.signals, ElementsAre("server interrupt"));
}

TEST(WorkflowSteps, AtMostTenRunInTheBackground) {
  std::string steps;
  for (int i = 0; i < 12; ++i) steps += "      - run: b" + std::to_string(i) + "\n        background: true\n";
  TestWorld world(OneJob(steps));
  world.Begin();
  world.RunFor(std::chrono::milliseconds(100));
  EXPECT_EQ(world.scripts.size(), 10U);
  world.Run();
  EXPECT_EQ(world.scripts.size(), 12U);
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
}

TEST(WorkflowSteps, EachCommandHasAnIdOfItsOwn) {
  TestWorld world(OneJob("      - run: a\n      - run: b\n"));
  world.Run();
  EXPECT_THAT(world.begun, ElementsAre(testing::Pair("r1.1.j.1", 1), testing::Pair("r1.1.j.2", 1)));
}

}  // namespace
}  // namespace tuesday::workflow
