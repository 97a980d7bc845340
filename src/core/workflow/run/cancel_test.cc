// SPDX-License-Identifier: Apache-2.0
// How a run is ended before its time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;

constexpr std::string_view kSteps = R"(
on: push
jobs:
  j:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - run: slow
      - run: next
      - if: always()
        run: clean
      - if: cancelled()
        run: told
  k:
    needs: j
    runs-on: ubuntu-latest
    steps: [{run: k}]
  l:
    needs: j
    if: cancelled()
    runs-on: ubuntu-latest
    steps: [{run: l}]
)";

TEST(WorkflowCancel, InterruptsTheStepAndRunsWhatStillWantsToRun) {
  TestWorld world(kSteps);
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.Begin();
  world.RunFor(std::chrono::seconds(5));
  world.Cancel();
  world.Run();
  EXPECT_THAT(world.signals, ElementsAre("slow interrupt"));
  EXPECT_THAT(world.scripts, ElementsAre("slow", "clean", "told", "l"));
  EXPECT_EQ(world.Result(), RunResult::kCancelled);
  EXPECT_EQ(world.Job("j").result, RunResult::kCancelled);
  EXPECT_EQ(world.Job("k").result, RunResult::kSkipped);
}

TEST(WorkflowCancel, SignalsGrowStronger) {
  TestWorld world(kSteps);
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.behaviours["slow"].heeds_interrupt = false;
  world.Begin();
  world.RunFor(std::chrono::seconds(5));
  world.Cancel();
  world.RunFor(std::chrono::milliseconds(7499));
  EXPECT_THAT(world.signals, ElementsAre("slow interrupt"));
  world.RunFor(std::chrono::milliseconds(2));
  EXPECT_THAT(world.signals, ElementsAre("slow interrupt", "slow terminate"));
  world.RunFor(std::chrono::milliseconds(2500));
  EXPECT_THAT(world.signals, ElementsAre("slow interrupt", "slow terminate", "slow kill"));
}

// Its condition is asked again when the job is cancelled, and holds.
TEST(WorkflowCancel, AStepThatAlwaysRunsIsLeftAlone) {
  TestWorld world(kSteps);
  world.behaviours["clean"].takes = std::chrono::seconds(60);
  world.Begin();
  world.RunFor(std::chrono::milliseconds(2500));
  ASSERT_EQ(world.scripts.back(), "clean");
  world.Cancel();
  world.Run();
  EXPECT_TRUE(world.signals.empty());
  EXPECT_THAT(world.scripts, ElementsAre("slow", "next", "clean", "told", "l"));
}

TEST(WorkflowCancel, AJobPastItsTimeIsCancelled) {
  TestWorld world(kSteps);
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.Run();
  EXPECT_EQ(world.Job("j").result, RunResult::kCancelled);
  EXPECT_EQ(world.Job("j").reason, "the job has exceeded the maximum execution time of 30 minutes");
}

TEST(WorkflowCancel, WhatDoesNotEndIsEndedAfterTheCancelTimeout) {
  TestWorld world(kSteps);
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.behaviours["clean"].takes = std::chrono::hours(1);
  world.Begin();
  world.RunFor(std::chrono::seconds(5));
  world.Cancel();
  world.RunFor(std::chrono::minutes(5) + std::chrono::seconds(1));
  EXPECT_EQ(world.Job("j").phase, JobPhase::kDone);
  EXPECT_EQ(world.Job("j").result, RunResult::kCancelled);
}

TEST(WorkflowCancel, ARunThatWaitsForItsGroupEndsWithoutAnyStep) {
  TestWorld world("on: push\nconcurrency: deploy\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}");
  world.Begin();
  world.Cancel();
  world.Run();
  EXPECT_EQ(world.Result(), RunResult::kCancelled);
  EXPECT_TRUE(world.scripts.empty());
}

TEST(WorkflowCancel, ALostPlaceFailsTheJobAndNamesTheStep) {
  TestWorld world(kSteps);
  world.behaviours["slow"].takes = std::chrono::hours(1);
  world.Begin();
  world.RunFor(std::chrono::seconds(5));
  const RunOutcome outcome = StepRun(world.spec, world.state, PlaceLost{"j", "the sandbox is gone"}, world.Now());
  world.state = outcome.state;
  EXPECT_EQ(world.Job("j").result, RunResult::kFailure);
  EXPECT_EQ(world.Job("j").legs[0].frames[0].steps[0].reason, "the sandbox is gone");
}

}  // namespace
}  // namespace tuesday::workflow
