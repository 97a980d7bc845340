// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/resume.h"

#include <algorithm>

namespace tuesday::workflow {
namespace {

bool HasPassed(const StepState& step) {
  return step.phase == StepPhase::kDone && (step.conclusion == RunResult::kSuccess || step.conclusion == RunResult::kSkipped);
}

LegState Fresh(const LegState& leg) {
  LegState fresh;
  fresh.key = leg.key;
  fresh.name = leg.name;
  fresh.matrix = leg.matrix;
  fresh.index = leg.index;
  return fresh;
}

StepState FreshStep(const StepState& step) {
  StepState fresh;
  fresh.name = step.name;
  return fresh;
}

// The step of the job in whose time the frame was opened.
int RootStep(const LegState& leg, int frame) {
  int step = 0;
  while (frame > 0) {
    step = leg.frames[static_cast<std::size_t>(frame)].parent_step;
    frame = leg.frames[static_cast<std::size_t>(frame)].parent;
  }
  return step;
}

// Frames are in the order in which they were opened, so that those of later steps are the last ones.
void DropFramesFrom(LegState& leg, int step) {
  while (leg.frames.size() > 1 && RootStep(leg, static_cast<int>(leg.frames.size()) - 1) >= step) leg.frames.pop_back();
}

// The leg at the step that failed. Nothing when no step did: then it begins anew.
std::optional<LegState> AtFailedStep(const LegState& leg) {
  if (leg.frames.empty()) return std::nullopt;
  const auto& steps = leg.frames.front().steps;
  const auto failed = std::find_if(steps.begin(), steps.end(), [](const StepState& step) { return !HasPassed(step); });
  if (failed == steps.end()) return std::nullopt;
  const int index = static_cast<int>(failed - steps.begin());
  LegState resumed = leg;
  DropFramesFrom(resumed, index);
  FrameState& own = resumed.frames.front();
  for (std::size_t i = static_cast<std::size_t>(index); i < own.steps.size(); ++i) own.steps[i] = FreshStep(own.steps[i]);
  own.next = index;
  own.status = RunResult::kSuccess;
  std::erase_if(resumed.post_stages, [&](const StageState& stage) {
    return stage.frame >= static_cast<int>(resumed.frames.size()) || (stage.frame == 0 && stage.step >= index);
  });
  for (StageState& stage : resumed.post_stages) stage.run = FreshStep(stage.run);
  resumed.frame = 0;
  resumed.phase = LegPhase::kWaiting;
  resumed.status = RunResult::kSuccess;
  resumed.result = RunResult::kNone;
  resumed.reason.clear();
  resumed.group.clear();
  resumed.holds_group = false;
  resumed.asks_environment = false;
  resumed.holds_environment = false;
  resumed.cancelled_at.reset();
  resumed.annotations.clear();
  resumed.outputs.clear();
  resumed.ended = {};
  return resumed;
}

class Resumer {
 public:
  explicit Resumer(ResumeFrom from) : from_(from) {}

  GraphState Graph(const GraphState& ended) const {
    GraphState graph;
    graph.inputs = ended.inputs;
    for (const JobState& job : ended.jobs) graph.jobs.push_back(Job(job));
    return graph;
  }

 private:
  JobState Job(const JobState& ended) const {
    if (ended.result == RunResult::kSuccess || ended.reason == kNotAskedFor) return ended;
    JobState job;
    job.id = ended.id;
    job.name = ended.name;
    // One that never began waits again for those before it.
    if (ended.legs.empty()) return job;
    job.phase = JobPhase::kRunning;
    job.fail_fast = ended.fail_fast;
    job.parallel_max = ended.parallel_max;
    for (const LegState& leg : ended.legs) job.legs.push_back(Leg(leg));
    return job;
  }

  LegState Leg(const LegState& ended) const {
    if (ended.result == RunResult::kSuccess) return ended;
    if (!ended.called.empty()) {
      LegState leg = ended;
      leg.called = {Graph(ended.called.front())};
      leg.phase = LegPhase::kCalled;
      leg.result = RunResult::kNone;
      leg.status = RunResult::kSuccess;
      leg.reason.clear();
      leg.cancelled_at.reset();
      return leg;
    }
    if (from_ == ResumeFrom::kFailedJobs) return Fresh(ended);
    return AtFailedStep(ended).value_or(Fresh(ended));
  }

  ResumeFrom from_;
};

void AddContinued(const GraphState& graph, std::vector<std::string>& legs) {
  for (const JobState& job : graph.jobs) {
    for (const LegState& leg : job.legs) {
      if (leg.phase == LegPhase::kWaiting && !leg.frames.empty()) legs.push_back(leg.key);
      for (const GraphState& called : leg.called) AddContinued(called, legs);
    }
  }
}

}  // namespace

RunState Resume(const RunState& ended, ResumeFrom from) {
  RunState state;
  state.name = ended.name;
  state.group = ended.group;
  state.group_cancels = ended.group_cancels;
  state.group_queues = ended.group_queues;
  state.phase = state.group.empty() ? RunPhase::kRunning : RunPhase::kWaiting;
  state.graph = Resumer(from).Graph(ended.graph);
  return state;
}

std::vector<std::string> ContinuedLegs(const RunState& resumed) {
  std::vector<std::string> legs;
  AddContinued(resumed.graph, legs);
  return legs;
}

}  // namespace tuesday::workflow
