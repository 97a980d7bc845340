// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/state_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace tuesday::runs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using workflow::GraphState;
using workflow::JobState;
using workflow::LegState;
using workflow::RunState;
using workflow::StepPhase;
using workflow::StepState;

using Rows = std::map<std::string, std::string>;

StepState Named(const std::string& name) {
  StepState step;
  step.name = name;
  return step;
}

LegState Leg(const std::string& key) {
  LegState leg;
  leg.key = key;
  leg.frames.push_back({.ids = {"a", "b"}, .steps = {Named(key + " a"), Named(key + " b")}});
  leg.frames.push_back({.parent = 0, .parent_step = 1, .action = "./x", .ids = {"c"}, .steps = {Named(key + " c")}});
  return leg;
}

// Two legs of a job, and a job that calls a workflow with one.
RunState Full() {
  RunState state;
  state.name = "a run";
  state.graph.jobs.push_back({.id = "test", .legs = {Leg("test.0"), Leg("test.1")}});
  LegState calling;
  calling.key = "call";
  calling.called.push_back({.inputs = "{}", .jobs = {JobState{.id = "inner", .legs = {Leg("call.inner")}}}});
  state.graph.jobs.push_back({.id = "call", .legs = {calling}});
  return state;
}

std::vector<std::string> KeysOf(const std::vector<StateRow>& rows) {
  std::vector<std::string> keys;
  for (const StateRow& row : rows) keys.push_back(row.key);
  return keys;
}

void Write(const std::vector<StateRow>& changed, Rows& rows) {
  for (const StateRow& row : changed) rows[row.key] = row.text;
}

TEST(StateRows, GiveBackWhatWasWritten) {
  Rows rows;
  Write(ChangedRows("r", "boot", nullptr, Full()), rows);
  EXPECT_EQ(rows.size(), 14U);  // The run, four legs, nine steps.
  const auto read = DecodeState("r", rows);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->boot_id, "boot");
  EXPECT_EQ(read->state.graph, Full().graph);
  EXPECT_EQ(read->state.name, "a run");
}

TEST(StateRows, AreWrittenWhereTheyChange) {
  const RunState before = Full();
  struct Case {
    std::string what;
    std::function<void(RunState&)> change;
    std::vector<std::string> keys;
  };
  const Case cases[] = {
      {"nothing", [](RunState&) {}, {"r/state"}},
      {"the run", [](RunState& run) { run.cancelled = true; }, {"r/state"}},
      {"a leg", [](RunState& run) { run.graph.jobs[0].legs[1].reason = "why"; }, {"r/state", "r/state/leg/0.1"}},
      {"a step",
       [](RunState& run) { run.graph.jobs[0].legs[0].frames[0].steps[1].phase = StepPhase::kRunning; },
       {"r/state", "r/state/leg/0.0", "r/state/step/0.0/0/1"}},
      {"a step of an action",
       [](RunState& run) { run.graph.jobs[0].legs[0].frames[1].steps[0].left = workflow::StepReport{.id = "x"}; },
       {"r/state", "r/state/leg/0.0", "r/state/step/0.0/1/0"}},
      {"a step of a called workflow",
       [](RunState& run) { run.graph.jobs[1].legs[0].called[0].jobs[0].legs[0].frames[0].steps[0].ordinal = 7; },
       {"r/state", "r/state/leg/1.0", "r/state/leg/1.0-0.0.0", "r/state/step/1.0-0.0.0/0/0"}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    Rows rows;
    Write(ChangedRows("r", "boot", nullptr, before), rows);
    RunState now = before;
    one.change(now);
    const std::vector<StateRow> changed = ChangedRows("r", "boot", &before, now);
    EXPECT_EQ(KeysOf(changed), one.keys);
    Write(changed, rows);
    const auto read = DecodeState("r", rows);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->state.graph, now.graph);
    EXPECT_EQ(read->state.cancelled, now.cancelled);
  }
}

TEST(StateRows, OfWhatIsGoneSayNothing) {
  Rows rows;
  const RunState before = Full();
  Write(ChangedRows("r", "boot", nullptr, before), rows);
  RunState now = before;
  now.graph.jobs[0].legs.pop_back();
  now.graph.jobs[0].legs[0].frames.pop_back();
  Write(ChangedRows("r", "boot", &before, now), rows);
  EXPECT_EQ(DecodeState("r", rows)->state.graph, now.graph);
}

TEST(StateRows, AreReadWhenTheyAreOne) {
  const RunState state = Full();
  const auto read = DecodeState("r", {{"r/state", Encode(StoredState{"boot", state})}});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->state.graph, state.graph);
}

TEST(StateRows, RefuseAHole) {
  Rows all;
  Write(ChangedRows("r", "boot", nullptr, Full()), all);
  for (const auto& [key, text] : all) {
    SCOPED_TRACE(key);
    Rows rows = all;
    rows.erase(key);
    const auto read = DecodeState("r", rows);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message, ::testing::HasSubstr(key));
  }
}

}  // namespace
}  // namespace tuesday::runs
