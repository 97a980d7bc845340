// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

StepState Step(const std::string& name, StepPhase phase, int ordinal) {
  StepState step;
  step.name = name;
  step.phase = phase;
  step.ordinal = ordinal;
  if (phase == StepPhase::kDone) step.conclusion = RunResult::kSuccess;
  return step;
}

RunState With(std::vector<StepState> steps) {
  RunState state;
  LegState leg;
  leg.key = "test";
  leg.phase = LegPhase::kMain;
  leg.began = WallTime(std::chrono::milliseconds(5));
  leg.frames.push_back({.steps = std::move(steps)});
  state.graph.jobs.push_back({.id = "test", .legs = {leg}});
  return state;
}

std::vector<std::string> Told(const RunState& before, const RunState& after) {
  std::vector<std::string> words;
  for (const Change& change : ChangesBetween(before, after)) {
    constexpr const char* kWords[] = {"began", "ended", "job began", "job ended", "run ended"};
    words.push_back(std::string(change.depth, '>') + kWords[static_cast<int>(change.kind)] + " " + change.name);
  }
  return words;
}

TEST(Changes, TellAnEndBeforeTheNextBegin) {
  const RunState before = With({Step("a", StepPhase::kRunning, 1), Step("b", StepPhase::kWaiting, 0)});
  const RunState after = With({Step("a", StepPhase::kDone, 1), Step("b", StepPhase::kRunning, 2)});
  EXPECT_THAT(Told(before, after), testing::ElementsAre("ended a", "began b"));
  EXPECT_TRUE(ChangesBetween(after, after).empty());
}

TEST(Changes, MissNothingThatHappenedAtOnce) {
  EXPECT_THAT(Told({}, With({Step("a", StepPhase::kDone, 1), Step("b", StepPhase::kDone, 0)})),
              testing::ElementsAre("job began ", "began a", "ended a", "ended b"));
}

TEST(Changes, TellTheStepsOfACompositeWhereItStands) {
  RunState after = With({Step("outer", StepPhase::kRunning, 0)});
  after.graph.jobs[0].legs[0].frames[0].steps[0].frame = 1;
  after.graph.jobs[0].legs[0].frames.push_back({.parent = 0, .steps = {Step("inner", StepPhase::kDone, 1)}});
  EXPECT_THAT(Told({}, after), testing::ElementsAre("job began ", "began outer", ">began inner", ">ended inner"));
}

}  // namespace
}  // namespace tuesday::workflow
