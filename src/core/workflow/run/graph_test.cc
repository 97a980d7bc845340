// SPDX-License-Identifier: Apache-2.0
// Jobs: which begin, with which legs, and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr std::string_view kChain = R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: test
  build:
    needs: test
    runs-on: ubuntu-latest
    steps:
      - run: build
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: deploy
  report:
    needs: deploy
    if: always()
    runs-on: ubuntu-latest
    steps:
      - run: report ${{ needs.deploy.result }}
)";

TEST(WorkflowGraph, RunsJobsInTheOrderOfTheirNeeds) {
  TestWorld world(kChain);
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
  EXPECT_THAT(world.scripts, ElementsAre("test", "build", "deploy", "report success"));
}

TEST(WorkflowGraph, SkipsWhatComesAfterAFailureAndSaysWhy) {
  TestWorld world(kChain);
  world.behaviours["test"].exit_code = 1;
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kFailure);
  EXPECT_THAT(world.scripts, ElementsAre("test", "report skipped"));
  EXPECT_EQ(world.Job("test").reason, "Run test: Process completed with exit code 1.");
  EXPECT_EQ(world.Job("build").result, RunResult::kSkipped);
  EXPECT_EQ(world.Job("build").reason, "test failed");
  EXPECT_EQ(world.Job("deploy").reason, "build was skipped");
}

// success() asks it of every job before, not only of the direct need: GitHub's most asked-about rule.
TEST(WorkflowGraph, ASkippedGrandparentSkipsAJobWhoseOwnNeedRan) {
  TestWorld world(R"(
on: push
jobs:
  a:
    if: false
    runs-on: ubuntu-latest
    steps: [{run: a}]
  b:
    needs: a
    if: always()
    runs-on: ubuntu-latest
    steps: [{run: b}]
  c:
    needs: b
    runs-on: ubuntu-latest
    steps: [{run: c}]
)");
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("b"));
  EXPECT_EQ(world.Job("c").result, RunResult::kSkipped);
  EXPECT_EQ(world.Job("c").reason, "a was skipped, and success() asks that of every job before this one");
  EXPECT_THAT(world.Job("a").reason, HasSubstr("its condition is false: false"));
}

// A job waits for what it needs and for nothing else: there are no stages.
TEST(WorkflowGraph, AJobBeginsWhenItsOwnNeedsHaveEnded) {
  TestWorld world(R"(
on: push
jobs:
  slow: {runs-on: ubuntu-latest, steps: [{run: slow}]}
  quick: {runs-on: ubuntu-latest, steps: [{run: quick}]}
  after: {needs: quick, runs-on: ubuntu-latest, steps: [{run: after}]}
)");
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.Begin();
  world.RunFor(std::chrono::minutes(1));
  EXPECT_EQ(world.Job("after").result, RunResult::kSuccess);
  EXPECT_EQ(world.Job("slow").phase, JobPhase::kRunning);
}

TEST(WorkflowGraph, GivesOutputsOfAJobToThoseThatNeedIt) {
  TestWorld world(R"(
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs:
      tag: ${{ steps.meta.outputs.tag }}
      leak: x-${{ steps.meta.outputs.leak }}
    steps:
      - id: meta
        run: meta
  b:
    needs: a
    runs-on: ubuntu-latest
    steps: [{run: "got ${{ needs.a.outputs.tag }}|${{ needs.a.outputs.leak }}"}]
)");
  world.behaviours["meta"].outputs = {{"tag", "v1"}, {"leak", "hush-hush"}};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("meta", "got v1|"));
  EXPECT_EQ(world.Job("a").legs[0].annotations.at(0).message, "Skip output 'leak' since it may contain secret.");
}

constexpr std::string_view kMatrix = R"(
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      max-parallel: 2
      matrix:
        os: [a, b, c]
    steps:
      - run: test ${{ matrix.os }}
)";

TEST(WorkflowGraph, RunsAtMostMaxParallelLegsAtOnce) {
  TestWorld world(kMatrix);
  world.Begin();
  world.RunFor(std::chrono::milliseconds(500));
  EXPECT_THAT(world.scripts, UnorderedElementsAre("test a", "test b"));
  world.Run();
  EXPECT_EQ(world.scripts.size(), 3U);
  EXPECT_EQ(world.Job("test").legs[1].name, "test (b)");
  EXPECT_EQ(world.Job("test").legs[1].key, "test.1");
}

TEST(WorkflowGraph, FailFastEndsTheOtherLegs) {
  TestWorld world(kMatrix);
  world.behaviours["test a"].exit_code = 1;
  world.behaviours["test b"].takes = std::chrono::hours(1);
  world.Run();
  EXPECT_EQ(world.Job("test").result, RunResult::kFailure);
  EXPECT_EQ(world.Job("test").legs[1].result, RunResult::kCancelled);
  EXPECT_EQ(world.Job("test").legs[2].result, RunResult::kCancelled);
  EXPECT_EQ(world.Job("test").legs[2].reason, "test (a) failed, and fail-fast ends the other legs");
  EXPECT_THAT(world.scripts, UnorderedElementsAre("test a", "test b"));
}

TEST(WorkflowGraph, AJobThatMayFailDoesNotFailTheRun) {
  TestWorld world(R"(
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps: [{run: a}]
  b:
    needs: a
    runs-on: ubuntu-latest
    steps: [{run: "b ${{ needs.a.result }}"}]
)");
  world.behaviours["a"].exit_code = 3;
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
  EXPECT_THAT(world.scripts, ElementsAre("a", "b success"));
}

TEST(WorkflowGraph, TellsAtOnceThatNoRunnerHasALabel) {
  TestWorld world("on: push\njobs:\n  a:\n    runs-on: windows-latest\n    steps: [{run: a}]\n");
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kFailure);
  EXPECT_THAT(world.Job("a").reason, HasSubstr("no runner here has the label 'windows-latest'"));
}

TEST(WorkflowGraph, RunsOnlyTheJobsThatAreAskedForAndTheirNeeds) {
  TestWorld world(kChain);
  world.spec.jobs = {"build"};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre("test", "build"));
  EXPECT_EQ(world.Result(), RunResult::kSuccess);
}

// The matrix comes from a job before: it is expanded when that one has ended.
TEST(WorkflowGraph, ExpandsAMatrixFromAnOutput) {
  TestWorld world(R"(
on: push
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: {list: "${{ steps.p.outputs.list }}"}
    steps: [{id: p, run: plan}]
  test:
    needs: plan
    runs-on: ubuntu-latest
    strategy: {matrix: {n: "${{ fromJSON(needs.plan.outputs.list) }}"}}
    steps: [{run: "n ${{ matrix.n }} of ${{ strategy.job-total }}"}]
)");
  world.behaviours["plan"].outputs = {{"list", "[1, 2]"}};
  world.Run();
  EXPECT_THAT(world.scripts, UnorderedElementsAre("plan", "n 1 of 2", "n 2 of 2"));
}

class OneFile : public CalledFiles {
 public:
  Result<CalledFile> Find(std::string_view, std::string_view) const override {
    return CalledFile{"called.yaml", R"(
on:
  workflow_call:
    inputs:
      env: {type: string, required: true}
      count: {type: number}
    secrets: {KEY: {required: true}}
    outputs:
      url: {value: "${{ jobs.inner.outputs.url }}"}
env: {WHERE: "in ${{ inputs.env }}"}
jobs:
  inner:
    runs-on: ubuntu-latest
    outputs: {url: "${{ steps.u.outputs.url }}"}
    steps: [{id: u, run: "inner ${{ inputs.env }} ${{ inputs.count }} ${{ env.WHERE }}", env: {K: "${{ secrets.KEY }}"}}]
)"};
  }
};

TEST(WorkflowGraph, RunsTheJobsOfACalledWorkflow) {
  TestWorld world("on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}");
  const OneFile file;
  const ReadResult read = ReadWorkflow(R"(
on: push
jobs:
  call:
    uses: ./.github/workflows/called.yaml
    with: {env: staging}
    secrets: {KEY: "${{ secrets.TOKEN }}"}
  after:
    needs: call
    runs-on: ubuntu-latest
    steps: [{run: "after ${{ needs.call.outputs.url }}"}]
)",
                                       "test.yaml", {}, &file);
  ASSERT_TRUE(read.problems.empty()) << read.problems.front().text;
  world.spec.workflow = read.workflow;
  const std::string inner = "inner staging 0 in staging";
  world.behaviours[inner].outputs = {{"url", "https://x"}};
  world.Run();
  EXPECT_THAT(world.scripts, ElementsAre(inner, "after https://x"));
  EXPECT_EQ(world.environments[inner]["K"], "hush-hush");
  EXPECT_EQ(world.Job("call").legs[0].called[0].jobs[0].legs[0].key, "call.inner");
}

}  // namespace
}  // namespace tuesday::workflow
