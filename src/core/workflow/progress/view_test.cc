// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/view.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

RunState Failed() {
  LegState leg;
  leg.key = "test";
  leg.phase = LegPhase::kDone;
  leg.result = RunResult::kFailure;
  leg.environment = {{"SECRET", "hush"}};
  leg.masks = {"hush"};
  FrameState frame;
  frame.ids = {"a", "b"};
  frame.steps = {StepState{.phase = StepPhase::kDone,
                           .name = "one",
                           .outcome = RunResult::kSuccess,
                           .conclusion = RunResult::kSuccess,
                           .outputs = {{"o", "hush"}},
                           .ordinal = 1},
                 StepState{.phase = StepPhase::kDone,
                           .name = "two",
                           .outcome = RunResult::kFailure,
                           .conclusion = RunResult::kFailure,
                           .reason = "exit code 1",
                           .ordinal = 2}};
  leg.frames = {frame};
  RunState state;
  state.phase = RunPhase::kDone;
  state.result = RunResult::kFailure;
  state.graph.jobs = {JobState{.id = "test", .phase = JobPhase::kDone, .result = RunResult::kFailure, .legs = {leg}}};
  return state;
}

TEST(Views, HaveTheStepsAndNothingThatTheyKeep) {
  const Json jobs = JobsJson(Failed().graph);
  const Json& leg = jobs.as_array()->at(0).At("legs").as_array()->at(0);
  ASSERT_EQ(leg.At("steps").as_array()->size(), 2U);
  EXPECT_EQ(leg.At("steps").as_array()->at(1).At("result").StringOr(""), "failure");
  EXPECT_EQ(CanonicalJson(jobs).find("hush"), std::string::npos);
}

TEST(Views, NameTheCommandsThatFailed) {
  const std::vector<OpenLog> logs = FailedLogs(Failed());
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_EQ(logs[0], (OpenLog{"test", 2}));
}

TEST(Changes, ComeBackFromJson) {
  const Change change{.kind = ChangeKind::kStepEnded,
                      .leg = "test",
                      .name = "two",
                      .ordinal = 2,
                      .depth = 1,
                      .result = RunResult::kFailure,
                      .may_fail = true,
                      .reason = "exit code 1",
                      .took = std::chrono::milliseconds(12)};
  const auto read = ChangeOfJson(ChangeJson(change));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, change);
  EXPECT_FALSE(ChangeOfJson(Json(Json::Object{{"kind", "other"}})).has_value());
}

}  // namespace
}  // namespace tuesday::workflow
