// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/changes.h"

namespace tuesday::workflow {
namespace {

// A leg that waits for its place has not begun.
bool HasBegun(const LegState& leg) {
  return leg.phase != LegPhase::kWaiting && leg.phase != LegPhase::kOpening && leg.began != WallTime{};
}

class Comparer {
 public:
  void Graphs(const GraphState* before, const GraphState& after, const std::string& prefix) {
    for (std::size_t i = 0; i < after.jobs.size(); ++i) {
      const JobState* old = before != nullptr && i < before->jobs.size() ? &before->jobs[i] : nullptr;
      Jobs(old, after.jobs[i], prefix);
    }
  }

  std::vector<Change> Take() { return std::move(changes_); }

 private:
  void Jobs(const JobState* before, const JobState& after, const std::string& prefix) {
    for (std::size_t i = 0; i < after.legs.size(); ++i) {
      const LegState* old = before != nullptr && i < before->legs.size() ? &before->legs[i] : nullptr;
      Legs(old, after.legs[i]);
    }
    const bool ended = after.phase == JobPhase::kDone && (before == nullptr || before->phase != JobPhase::kDone);
    // A job without legs never began; the others have told their ends themselves.
    if (ended && after.legs.empty())
      changes_.push_back({.kind = ChangeKind::kJobEnded,
                          .leg = prefix + after.id,
                          .name = prefix + after.id,
                          .result = after.result,
                          .reason = after.reason});
  }

  void Legs(const LegState* before, const LegState& after) {
    if (HasBegun(after) && (before == nullptr || !HasBegun(*before)))
      changes_.push_back({.kind = ChangeKind::kJobBegan, .leg = after.key, .name = after.name});
    Stages(before == nullptr ? nullptr : &before->pre_stages, after.pre_stages, after.key);
    if (!after.frames.empty()) Frames(before, after, 0, 0);
    Stages(before == nullptr ? nullptr : &before->post_stages, after.post_stages, after.key);
    for (std::size_t i = 0; i < after.called.size(); ++i)
      Graphs(before != nullptr && i < before->called.size() ? &before->called[i] : nullptr, after.called[i], after.key + ".");
    if (after.phase == LegPhase::kDone && (before == nullptr || before->phase != LegPhase::kDone)) {
      changes_.push_back({.kind = ChangeKind::kJobEnded,
                          .leg = after.key,
                          .name = after.name,
                          .result = after.result,
                          .reason = after.reason,
                          .took = after.began == WallTime{} ? Duration{} : Duration(after.ended - after.began)});
    }
  }

  // A composite's steps are told where its own step stands.
  void Frames(const LegState* before, const LegState& after, std::size_t frame, int depth) {
    const FrameState& now = after.frames[frame];
    const FrameState* old = before != nullptr && frame < before->frames.size() ? &before->frames[frame] : nullptr;
    for (std::size_t i = 0; i < now.steps.size(); ++i) {
      const StepState& step = now.steps[i];
      const StepState* was = old != nullptr && i < old->steps.size() ? &old->steps[i] : nullptr;
      Began(was, step, after.key, depth);
      if (step.frame >= 0) Frames(before, after, static_cast<std::size_t>(step.frame), depth + 1);
      Ended(was, step, after.key, depth);
    }
  }

  void Stages(const std::vector<StageState>* before, const std::vector<StageState>& after, const std::string& leg) {
    for (std::size_t i = 0; i < after.size(); ++i) {
      const StepState* was = before != nullptr && i < before->size() ? &(*before)[i].run : nullptr;
      Began(was, after[i].run, leg, 0);
      Ended(was, after[i].run, leg, 0);
    }
  }

  void Began(const StepState* before, const StepState& after, const std::string& leg, int depth) {
    const bool was_waiting = before == nullptr || before->phase == StepPhase::kWaiting;
    const bool ran =
        after.phase == StepPhase::kRunning || (after.phase == StepPhase::kDone && (after.ordinal > 0 || after.frame >= 0));
    if (was_waiting && ran)
      changes_.push_back(
          {.kind = ChangeKind::kStepBegan, .leg = leg, .name = after.name, .ordinal = after.ordinal, .depth = depth});
  }

  void Ended(const StepState* before, const StepState& after, const std::string& leg, int depth) {
    const bool was_done = before != nullptr && before->phase == StepPhase::kDone;
    if (was_done || after.phase != StepPhase::kDone) return;
    changes_.push_back({.kind = ChangeKind::kStepEnded,
                        .leg = leg,
                        .name = after.name,
                        .ordinal = after.ordinal,
                        .depth = depth,
                        .result = after.outcome,
                        .may_fail = after.outcome != after.conclusion,
                        .reason = after.reason,
                        .took = Duration(after.ended - after.began)});
  }

  std::vector<Change> changes_;
};

void CollectLogs(const GraphState& graph, std::vector<OpenLog>& logs) {
  const auto add = [&](const LegState& leg, const StepState& step) {
    if (step.phase == StepPhase::kRunning && step.ordinal > 0) logs.push_back({leg.key, step.ordinal});
  };
  for (const JobState& job : graph.jobs) {
    for (const LegState& leg : job.legs) {
      for (const StageState& stage : leg.pre_stages) add(leg, stage.run);
      for (const FrameState& frame : leg.frames) {
        for (const StepState& step : frame.steps) add(leg, step);
      }
      for (const StageState& stage : leg.post_stages) add(leg, stage.run);
      for (const GraphState& called : leg.called) CollectLogs(called, logs);
    }
  }
}

}  // namespace

std::vector<Change> ChangesBetween(const RunState& before, const RunState& after) {
  Comparer comparer;
  comparer.Graphs(&before.graph, after.graph, "");
  std::vector<Change> changes = comparer.Take();
  if (after.phase == RunPhase::kDone && before.phase != RunPhase::kDone) {
    changes.push_back({.kind = ChangeKind::kRunEnded,
                       .result = after.result,
                       .reason = after.reason,
                       .took = Duration(after.ended - after.began)});
  }
  return changes;
}

std::vector<OpenLog> OpenLogs(const RunState& state) {
  std::vector<OpenLog> logs;
  CollectLogs(state.graph, logs);
  return logs;
}

}  // namespace tuesday::workflow
