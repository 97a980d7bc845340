// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/leg.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/json.h"
#include "core/workflow/run/containers/containers.h"
#include "core/workflow/run/jobs.h"
#include "core/workflow/run/walk.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

// Actions whose definition is needed before the first step: those that are not in the workspace.
std::vector<std::string> RemoteActions(const std::vector<Step>& steps) {
  std::vector<std::string> result;
  for (const FlatStep& flat : Flatten(steps)) {
    if (flat.is_wait() || flat.step->kind != StepKind::kUses) continue;
    const std::string& uses = flat.step->uses->text;
    if (uses.starts_with("./") || std::find(result.begin(), result.end(), uses) != result.end()) continue;
    result.push_back(uses);
  }
  return result;
}

// What the caller sees of the called jobs' outputs.
void CollectCall(LegPlace& place) {
  const Call& call = *place.definition().call;
  if (!call.outputs.has_value()) return;
  const GraphState& graph = place.leg->called.front();
  std::vector<std::pair<std::string, Value>> jobs;
  for (const JobState& job : graph.jobs) {
    jobs.emplace_back(job.id, Value::Object({{"result", ResultText(job.result)}, {"outputs", ObjectOf(job.outputs)}}));
  }
  Contexts contexts;
  contexts.Set("github", place.scope.spec->github);
  contexts.Set("vars", place.scope.spec->vars);
  contexts.Set("inputs", CalledScope(place.scope, *place.graph, *place.job, *place.leg).inputs);
  contexts.Set("jobs", Value::Object(std::move(jobs)));
  for (const Member& member : call.outputs->members) {
    const Token* value = member.value.Find("value");
    if (value != nullptr) Put(place.leg->outputs, member.key.text, EvaluateText(*value, contexts).value_or(""));
  }
}

bool IsRunning(const StepState& step) {
  return step.phase == StepPhase::kRunning && step.ordinal > 0 && !step.left.has_value();
}

// Every command of the leg that runs.
std::vector<StepState*> RunningSteps(LegState& leg) {
  std::vector<StepState*> result;
  for (FrameState& frame : leg.frames) {
    for (StepState& step : frame.steps) {
      if (IsRunning(step)) result.push_back(&step);
    }
  }
  for (std::vector<StageState>* stages : {&leg.pre_stages, &leg.post_stages}) {
    for (StageState& stage : *stages) {
      if (IsRunning(stage.run)) result.push_back(&stage.run);
    }
  }
  return result;
}

void Interrupt(StepState& step, Instant now) {
  if (step.ending != Ending::kNone) return;
  step.ending = Ending::kInterrupted;
  step.ending_since = now;
}

// Steps whose condition holds also now that the job is cancelled go on; the others are told to end.
void InterruptSteps(Turn& turn, LegPlace& place) {
  Walk walk(turn, place);
  for (std::size_t f = 0; f < place.leg->frames.size(); ++f) {
    auto& steps = place.leg->frames[f].steps;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (IsRunning(steps[s]) && !walk.StillHolds(static_cast<int>(f), static_cast<int>(s)))
        Interrupt(steps[s], turn.now.instant);
    }
  }
  for (StageState& stage : place.leg->pre_stages) {
    if (IsRunning(stage.run)) Interrupt(stage.run, turn.now.instant);
  }
}

void CancelCalled(Turn& turn, LegPlace& place, const std::string& reason) {
  GraphState& graph = place.leg->called.front();
  const GraphScope scope = CalledScope(place.scope, *place.graph, *place.job, *place.leg);
  for (JobState& job : graph.jobs) {
    for (LegState& leg : job.legs) {
      LegPlace inner{scope, &graph, &job, &leg};
      CancelLeg(turn, inner, reason);
    }
  }
}

void Earliest(std::optional<Instant>& wake, Instant at) {
  if (!wake.has_value() || at < *wake) wake = at;
}

// The next signal when the last one was not heeded.
void Escalate(StepState& step, Instant now, std::optional<Instant>& wake) {
  if (step.ending == Ending::kNone || step.ending == Ending::kKilled) return;
  const Duration patience = step.ending == Ending::kInterrupted ? kInterruptPatience : kTerminatePatience;
  if (now >= step.ending_since + patience) {
    step.ending = step.ending == Ending::kInterrupted ? Ending::kTerminated : Ending::kKilled;
    step.ending_since = now;
  }
  if (step.ending == Ending::kKilled) return;
  Earliest(wake, step.ending_since + (step.ending == Ending::kInterrupted ? kInterruptPatience : kTerminatePatience));
}

bool HasSteps(const LegState& leg) {
  return leg.phase == LegPhase::kPre || leg.phase == LegPhase::kMain || leg.phase == LegPhase::kPost;
}

}  // namespace

void ContinueLeg(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  if (leg.phase == LegPhase::kCalled && IsDone(leg.called.front())) {
    CollectCall(place);
    const RunResult result = ResultOf(leg.called.front());
    return EndLeg(turn, place, result == RunResult::kSkipped ? RunResult::kSuccess : result, "");
  }
  if (!leg.wanted_actions.empty() || !leg.wanted_hash.empty()) return;
  Walk walk(turn, place);
  if (leg.phase == LegPhase::kLoading) {
    // One that goes on from an earlier attempt has its steps already.
    if (leg.frames.empty()) {
      walk.Open();
    } else {
      leg.phase = HasContainers(leg) ? LegPhase::kPre : LegPhase::kMain;
    }
  }
  if (HasSteps(leg)) walk.Continue();
}

void EndLeg(Turn& turn, LegPlace& place, RunResult result, std::string reason) {
  LegState& leg = *place.leg;
  leg.phase = LegPhase::kDone;
  leg.result = result;
  if (leg.reason.empty()) leg.reason = std::move(reason);
  leg.ended = turn.now.wall;
  leg.wanted_actions.clear();
  leg.wanted_hash.clear();
}

void CancelLeg(Turn& turn, LegPlace& place, const std::string& reason) {
  LegState& leg = *place.leg;
  if (leg.phase == LegPhase::kDone || leg.phase == LegPhase::kClosing || leg.cancelled_at.has_value()) return;
  leg.cancelled_at = turn.now.instant;
  leg.status = RunResult::kCancelled;
  if (leg.reason.empty()) leg.reason = reason;
  switch (leg.phase) {
    case LegPhase::kWaiting: return EndLeg(turn, place, RunResult::kCancelled, reason);
    case LegPhase::kOpening:
    case LegPhase::kLoading:
      leg.wanted_actions.clear();
      leg.phase = LegPhase::kClosing;
      return;
    case LegPhase::kCalled: return CancelCalled(turn, place, reason);
    default: break;
  }
  InterruptSteps(turn, place);
  ContinueLeg(turn, place);
}

void TakePlaceOpened(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  if (leg.phase != LegPhase::kOpening) return;
  TellJobBegan(turn, place);
  leg.deadline = turn.now.instant + TimeoutOf(place);
  leg.phase = LegPhase::kLoading;
  leg.wanted_actions = RemoteActions(place.definition().steps);
  ContinueLeg(turn, place);
}

void TakePlaceLost(Turn& turn, LegPlace& place, const std::string& message) {
  LegState& leg = *place.leg;
  if (leg.phase == LegPhase::kDone || leg.phase == LegPhase::kWaiting || leg.phase == LegPhase::kCalled) return;
  for (StepState* step : RunningSteps(leg)) {
    step->phase = StepPhase::kDone;
    step->outcome = RunResult::kFailure;
    step->conclusion = RunResult::kFailure;
    step->reason = message;
    step->ended = turn.now.wall;
  }
  EndLeg(turn, place, leg.status == RunResult::kCancelled ? RunResult::kCancelled : RunResult::kFailure, message);
}

void TakePlaceClosed(Turn& turn, LegPlace& place) {
  if (place.leg->phase == LegPhase::kClosing) EndLeg(turn, place, place.leg->status, "");
}

void TakeAction(Turn& turn, LegPlace& place, const ActionLoaded& loaded) {
  LegState& leg = *place.leg;
  if (std::erase(leg.wanted_actions, loaded.uses) == 0) return;
  leg.actions[loaded.uses] = loaded.action;
  ContinueLeg(turn, place);
}

void TakeHash(Turn& turn, LegPlace& place, const FilesHashed& hashed) {
  LegState& leg = *place.leg;
  if (leg.wanted_hash != hashed.patterns) return;
  leg.wanted_hash.clear();
  const auto answer = [&](StepState& step) { step.hashes[HashKey(hashed.patterns)] = hashed.digest; };
  if (leg.phase == LegPhase::kMain) {
    FrameState& frame = leg.frames[static_cast<std::size_t>(leg.frame)];
    answer(frame.steps[static_cast<std::size_t>(frame.next)]);
  } else {
    // The one that asked is the next in its order; a later one asks again, for files change.
    const auto is_waiting = [](const StageState& stage) { return stage.run.phase == StepPhase::kWaiting; };
    if (leg.phase == LegPhase::kPre) {
      const auto next = std::ranges::find_if(leg.pre_stages, is_waiting);
      if (next != leg.pre_stages.end()) answer(next->run);
    } else {
      const auto next = std::find_if(leg.post_stages.rbegin(), leg.post_stages.rend(), is_waiting);
      if (next != leg.post_stages.rend()) answer(next->run);
    }
  }
  ContinueLeg(turn, place);
}

void TakeReport(Turn& turn, LegPlace& place, const StepReport& report) {
  if (!HasSteps(*place.leg)) return;
  Walk(turn, place).Take(report);
  ContinueLeg(turn, place);
}

std::optional<Instant> WatchLeg(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  std::optional<Instant> wake;
  if (!HasSteps(leg) && leg.phase != LegPhase::kLoading) return wake;
  const Instant now = turn.now.instant;
  if (leg.deadline.has_value() && !leg.cancelled_at.has_value()) {
    if (now >= *leg.deadline) {
      const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(TimeoutOf(place));
      CancelLeg(turn, place, fmt::format("the job has exceeded the maximum execution time of {} minutes", minutes.count()));
    } else {
      Earliest(wake, *leg.deadline);
    }
  }
  for (StepState* step : RunningSteps(leg)) Escalate(*step, now, wake);
  if (leg.cancelled_at.has_value() && HasSteps(leg)) {
    const Instant limit = *leg.cancelled_at + leg.cancel_timeout;
    if (now >= limit) {
      leg.phase = LegPhase::kClosing;
    } else {
      Earliest(wake, limit);
    }
  }
  return wake;
}

}  // namespace tuesday::workflow
