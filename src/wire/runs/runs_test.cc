// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/runs.h"

#include <gtest/gtest.h>

#include "wire/runs/list.h"
#include "wire/runs/state_rows.h"

namespace tuesday::runs {
namespace {

workflow::RunState Full() {
  using namespace workflow;
  StepState step;
  step.phase = StepPhase::kRunning;
  step.name = "Run npm ci";
  step.outputs = {{"b", "2"}, {"a", "1"}};
  step.timeout = std::chrono::minutes(2);
  step.ending = Ending::kTerminated;
  step.hashes = {{"**/x\ny", "abc"}};
  step.left = StepReport{.id = "r.1", .ordinal = 3, .end = StepEnd::kLost, .exit_code = 137, .problem = "gone"};
  LegState leg;
  leg.key = "test.1";
  leg.matrix = R"({"b":1,"a":[true,null]})";
  leg.deadline = Instant{} + std::chrono::hours(2);
  leg.annotations = {{.level = AnnotationLevel::kWarning, .message = "m", .title = "t", .file = "f", .line = 3}};
  leg.actions["./x"] = {.definition = "name: x", .folder = "/w/x", .native = "", .problem = ""};
  leg.frames.push_back({.inputs = {{"k", "v"}}, .ids = {"s"}, .steps = {step}, .next = 1});
  leg.post_stages.push_back({.frame = 0, .step = 0, .run = step});
  leg.called.push_back({.inputs = "{}", .jobs = {JobState{.id = "inner"}}});
  RunState state;
  state.phase = RunPhase::kRunning;
  state.graph.jobs.push_back({.id = "test", .phase = JobPhase::kRunning, .legs = {leg}, .outputs = {{"o", "p"}}});
  return state;
}

TEST(RunsOnDisk, GiveBackWhatWasWritten) {
  const std::string text = Encode(StoredState{"boot-1", Full()});
  const auto read = DecodeState("r", {{StatePrefix("r"), text}});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(Encode(*read), text);
  const auto& leg = read->state.graph.jobs[0].legs[0];
  EXPECT_EQ(leg.frames[0].steps[0].outputs[0].first, "b");  // Pairs keep their order.
  EXPECT_EQ(leg.frames[0].steps[0].left->end, workflow::StepEnd::kLost);
  EXPECT_EQ(leg.called[0].jobs[0].id, "inner");
}

TEST(RunsOnDisk, RefuseWhatIsNotWhole) {
  std::string text = Encode(StoredState{"boot-1", Full()});
  text.replace(text.find("\"post_stages\""), 13, "\"past_stages\"");
  EXPECT_FALSE(DecodeState("r", {{StatePrefix("r"), text}}).has_value());
}

TEST(RunsOnDisk, KeepTheRecord) {
  RunRecord record{.id = "7", .files = {{"ci.yaml", "on: push\n"}}, .github = "{}", .labels = {"linux"}, .jobs = {"test"}};
  const auto read = DecodeRecord(Encode(record));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(RunLists, GiveBackWhatWasWritten) {
  RepositoryRecord repository{.name = "app", .ns = "shop", .default_branch = "main", .secret_branches = {"rel/*"}};
  repository.refs = {{"refs/heads/main", "0123"}};
  repository.run_numbers = {{".github/workflows/ci.yaml", "7"}};
  const auto read = DecodeRepository(Encode(repository));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, repository);
  RunSummary summary{.id = "12", .attempt = 2, .repository = "app", .status = RunStatus::kApproval};
  summary.began_at = WallTime{} + std::chrono::seconds(5);
  const auto told = DecodeSummary(Encode(summary));
  ASSERT_TRUE(told.has_value()) << told.error().message;
  EXPECT_EQ(*told, summary);
  const PendingRun pending{.record = {.id = "12.2", .attempt = 2}, .resume = ResumeMode::kFailedStep};
  const auto waiting = DecodePending(Encode(pending));
  ASSERT_TRUE(waiting.has_value()) << waiting.error().message;
  EXPECT_EQ(waiting->record, pending.record);
  EXPECT_EQ(waiting->resume, pending.resume);
}

TEST(RunLists, NameAttemptsAfterTheirRun) {
  EXPECT_EQ(RecordIdOf({.id = "7"}), "7");
  EXPECT_EQ(RecordIdOf({.id = "7", .attempt = 3}), "7.3");
  EXPECT_LT(SummaryKey("9"), SummaryKey("10"));
}

}  // namespace
}  // namespace tuesday::runs
