// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/output/step_output.h"
#include "core/workflow/run/containers/containers.h"
#include "core/workflow/run/step_scope.h"

namespace tuesday::workflow {
namespace {

// As it stands in the file: an expression is not evaluated, for it may hold a secret.
std::string FirstLineOf(const Token& token) {
  const std::string text = token.source.empty() ? token.ScalarText() : token.source;
  return text.substr(0, text.find('\n'));
}

std::string FailureOf(const StepReport& report, const StepState& state) {
  if (!report.problem.empty()) return report.problem;
  switch (report.end) {
    case StepEnd::kTimedOut: {
      const auto timeout = state.timeout.value_or(Duration{});
      return fmt::format("has timed out after {} minutes",
                         std::chrono::duration_cast<std::chrono::duration<double, std::ratio<60>>>(timeout).count());
    }
    case StepEnd::kNotStarted: return "could not be started";
    case StepEnd::kLost: return "the runner was lost while the step ran";
    case StepEnd::kExited: break;
  }
  return fmt::format("Process completed with exit code {}.", report.exit_code);
}

}  // namespace

// How a step is called before its turn: by its `name`, or by what it does, as GitHub does.
std::string StepName(const FlatStep& flat) {
  const Step& step = *flat.step;
  if (step.name.has_value()) return FirstLineOf(*step.name);
  switch (step.kind) {
    case StepKind::kRun: {
      return "Run " + FirstLineOf(*step.run);
    }
    case StepKind::kUses: return "Run " + step.uses->text;
    case StepKind::kWaitAll: return "Wait for all";
    case StepKind::kCancel: return "Cancel " + step.waits_for.front().text;
    case StepKind::kWait: {
      std::vector<std::string> ids;
      for (const Token& id : step.waits_for) ids.push_back(id.text);
      return fmt::format("Wait for {}", fmt::join(ids, ", "));
    }
    case StepKind::kParallel: return fmt::format("Wait for {}", fmt::join(flat.waits_for, ", "));
  }
  return "";
}

std::vector<FlatStep> Flatten(const std::vector<Step>& steps) {
  std::vector<FlatStep> flat;
  for (const Step& step : steps) {
    if (step.kind != StepKind::kParallel) {
      flat.push_back({&step, false, {}});
      continue;
    }
    std::vector<std::string> ids;
    for (const Step& one : step.parallel) {
      flat.push_back({&one, true, {}});
      ids.push_back(one.id);
    }
    flat.push_back({&step, false, std::move(ids)});
  }
  return flat;
}

const std::vector<FlatStep>& Walk::StepsOf(int frame) {
  if (const auto found = flats_.find(frame); found != flats_.end()) return found->second;
  const FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  std::string problem;
  const ActionPlan* plan = in.action.empty() ? nullptr : Plan(in.action, problem);
  const std::vector<Step>& steps = plan == nullptr ? place_.definition().steps : plan->steps;
  return flats_.emplace(frame, Flatten(steps)).first->second;
}

const ActionPlan* Walk::Plan(const std::string& uses, std::string& problem) {
  if (const auto found = plans_.find(uses); found != plans_.end()) return &found->second;
  auto plan = PlanAction(uses, leg_.actions.at(uses));
  if (!plan) {
    problem = plan.error().message;
    return nullptr;
  }
  return &plans_.emplace(uses, std::move(*plan)).first->second;
}

void Walk::Open() {
  FrameState frame;
  for (const FlatStep& flat : Flatten(place_.definition().steps)) {
    frame.ids.push_back(flat.is_wait() ? "" : flat.step->id);
    frame.steps.emplace_back().name = StepName(flat);
  }
  leg_.frames = {std::move(frame)};
  leg_.frame = 0;
  if (HasContainers(leg_)) leg_.post_stages = {StageState{kContainersFrame, 0, {}}};
  // Only what is not in the workspace can have a stage before the workspace is there.
  const auto& steps = StepsOf(0);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = *steps[i].step;
    if (step.kind != StepKind::kUses || !leg_.actions.contains(step.uses->text)) continue;
    std::string problem;
    const ActionPlan* plan = Plan(step.uses->text, problem);
    if (plan != nullptr && !plan->pre.empty()) leg_.pre_stages.push_back({0, static_cast<int>(i), {}});
  }
  leg_.phase = LegPhase::kPre;
}

void Walk::Continue() {
  if (leg_.phase == LegPhase::kPre && ContinueStages(leg_.pre_stages, false) == Pace::kOn) leg_.phase = LegPhase::kMain;
  if (leg_.phase == LegPhase::kMain && ContinueMain() == Pace::kOn) EndMain();
  if (leg_.phase == LegPhase::kPost && ContinueStages(leg_.post_stages, true) == Pace::kOn) EndPost();
}

Pace Walk::ContinueMain() {
  while (true) {
    FrameState& frame = leg_.frames[static_cast<std::size_t>(leg_.frame)];
    if (frame.next < static_cast<int>(frame.steps.size())) {
      if (BeginStep(leg_.frame, frame.next) == Pace::kWait) return Pace::kWait;
      continue;
    }
    if (frame.parent >= 0) {
      CloseFrame();
      continue;
    }
    // What still runs in the background is waited for before the post steps.
    return HasRunning() ? Pace::kWait : Pace::kOn;
  }
}

bool Walk::HasRunning() const {
  return std::any_of(leg_.frames.begin(), leg_.frames.end(), [](const FrameState& frame) {
    return std::any_of(frame.steps.begin(), frame.steps.end(),
                       [](const StepState& step) { return step.phase == StepPhase::kRunning && !step.left.has_value(); });
  });
}

void Walk::WantHash(const Contexts& contexts) {
  leg_.wanted_hash = contexts.wanted_hash();
  ++leg_.hashes_asked;
}

// Asks for what an expression lacks, or fails the step with what is wrong with it.
Pace Walk::Ask(StepState& state, const Contexts& contexts, const EvaluationProblem& problem, std::string_view what) {
  if (!contexts.wanted_hash().empty()) {
    WantHash(contexts);
    return Pace::kWait;
  }
  state.reason = fmt::format("{}: {}", what, problem.message);
  return Pace::kOn;
}

Pace Walk::BeginStep(int frame, int index) {
  const FlatStep& flat = StepsOf(frame)[static_cast<std::size_t>(index)];
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  StepState& state = in.steps[static_cast<std::size_t>(index)];
  const Step& step = *flat.step;
  if (state.phase == StepPhase::kRunning) return Pace::kWait;
  const auto fail = [&](const Contexts& contexts, const EvaluationProblem& problem, std::string_view what) {
    const Pace pace = Ask(state, contexts, problem, what);
    if (pace == Pace::kOn) FinishStep(frame, index, RunResult::kFailure, state.reason);
    return pace;
  };
  const auto contexts = StepContexts(place_, frame, step, state);
  if (!contexts) {
    auto frame_contexts = FrameContexts(place_, frame);
    if (!frame_contexts) return fail(Contexts(), frame_contexts.error(), "env");
    frame_contexts->SetHashes(&state.hashes);
    // Only to learn whether it was a digest that lacked: the step's own contexts are gone with the problem.
    if (step.env.has_value()) (void)EvaluatePairs(*step.env, *frame_contexts);
    return fail(*frame_contexts, contexts.error(), "env");
  }
  if (flat.is_wait() || step.kind == StepKind::kWait || step.kind == StepKind::kWaitAll || step.kind == StepKind::kCancel)
    return BeginKind(flat, frame, index, *contexts);
  const auto holds = EvaluateCondition(step.condition, *contexts);
  if (!holds) return fail(*contexts, holds.error(), "if");
  if (!*holds) {
    const std::string& text = step.condition.source.empty() ? step.condition.text : step.condition.source;
    FinishStep(frame, index, RunResult::kSkipped, fmt::format("{} is false", text));
    return Pace::kOn;
  }
  const auto ignores_errors = EvaluateFlag(step.continue_on_error, *contexts, false);
  if (!ignores_errors) return fail(*contexts, ignores_errors.error(), "continue-on-error");
  const auto timeout = EvaluateMinutes(step.timeout_minutes, *contexts);
  if (!timeout) return fail(*contexts, timeout.error(), "timeout-minutes");
  state.continue_on_error = *ignores_errors;
  state.timeout = *timeout;
  if (step.name.has_value() && step.name->IsExpression())
    state.name = MasksOf(turn_.spec, leg_).Mask(EvaluateText(*step.name, *contexts).value_or(state.name));
  const auto background = EvaluateFlag(step.background, *contexts, false);
  state.background = frame == 0 && (flat.in_parallel || background.value_or(false));
  return BeginKind(flat, frame, index, *contexts);
}

Pace Walk::BeginKind(const FlatStep& flat, int frame, int index, const Contexts& contexts) {
  const Step& step = *flat.step;
  std::vector<std::string> ids = flat.waits_for;
  for (const Token& id : step.waits_for) ids.push_back(id.text);
  switch (step.kind) {
    case StepKind::kRun: return BeginScript(step, frame, index, contexts);
    case StepKind::kUses: return BeginUses(step, frame, index, contexts);
    case StepKind::kCancel: return CancelBackground(step, frame, index);
    case StepKind::kWaitAll: return Wait({}, true, frame, index);
    case StepKind::kWait:
    case StepKind::kParallel: return Wait(ids, false, frame, index);
  }
  return Pace::kOn;
}

// A script whose order cannot be made does not begin.
Pace Walk::BeginScript(const Step& step, int frame, int index, const Contexts& contexts) {
  const StepState& state = leg_.frames[static_cast<std::size_t>(frame)].steps[static_cast<std::size_t>(index)];
  if (const auto order = RunOrder(place_, frame, step, state, contexts); !order) {
    if (!contexts.wanted_hash().empty()) {
      WantHash(contexts);
      return Pace::kWait;
    }
    FinishStep(frame, index, RunResult::kFailure, order.error().message);
    return Pace::kOn;
  }
  return BeginRun(frame, index);
}

// The place for one more command, or a wait for one to end.
Pace Walk::BeginRun(int frame, int index) {
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  StepState& state = in.steps[static_cast<std::size_t>(index)];
  if (state.background) {
    const auto running = std::count_if(in.steps.begin(), in.steps.end(), [](const StepState& step) {
      return step.background && step.phase == StepPhase::kRunning && !step.left.has_value();
    });
    if (running >= static_cast<std::ptrdiff_t>(kBackgroundStepsMax)) return Pace::kWait;
  }
  state.ordinal = ++leg_.ordinals;
  state.phase = StepPhase::kRunning;
  state.began = turn_.now.wall;
  if (!state.background) return Pace::kWait;
  ++in.next;
  return Pace::kOn;
}

Pace Walk::Wait(const std::vector<std::string>& ids, bool all, int frame, int index) {
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  const auto concerned = [&](std::size_t i) {
    return in.steps[i].background && (all || std::find(ids.begin(), ids.end(), in.ids[i]) != ids.end());
  };
  for (std::size_t i = 0; i < in.steps.size(); ++i) {
    if (concerned(i) && in.steps[i].phase == StepPhase::kRunning && !in.steps[i].left.has_value()) return Pace::kWait;
  }
  for (std::size_t i = 0; i < in.steps.size(); ++i) {
    if (concerned(i) && in.steps[i].left.has_value()) Join(in.steps[i], frame);
  }
  FinishStep(frame, index, RunResult::kSuccess, "");
  return Pace::kOn;
}

Pace Walk::CancelBackground(const Step& step, int frame, int index) {
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  for (std::size_t i = 0; i < in.steps.size(); ++i) {
    StepState& other = in.steps[i];
    if (in.ids[i] != step.waits_for.front().text || !other.background || other.phase != StepPhase::kRunning) continue;
    if (other.left.has_value() || other.ending != Ending::kNone) continue;
    other.ending = Ending::kInterrupted;
    other.ending_since = turn_.now.instant;
    other.ended_on_purpose = true;
  }
  FinishStep(frame, index, RunResult::kSuccess, "");
  return Pace::kOn;
}

void Walk::Take(const StepReport& report) {
  for (std::size_t f = 0; f < leg_.frames.size(); ++f) {
    for (std::size_t s = 0; s < leg_.frames[f].steps.size(); ++s) {
      StepState& state = leg_.frames[f].steps[s];
      if (state.ordinal != report.ordinal || state.phase != StepPhase::kRunning || state.left.has_value()) continue;
      if (state.background) {
        state.left = report;
        return;
      }
      Absorb(state, static_cast<int>(f), report);
      ++leg_.frames[f].next;
      return;
    }
  }
  for (std::vector<StageState>* stages : {&leg_.pre_stages, &leg_.post_stages}) {
    for (StageState& stage : *stages) {
      if (stage.run.ordinal != report.ordinal || stage.run.phase != StepPhase::kRunning) continue;
      Absorb(stage.run, 0, report);
      if (stage.frame == kContainersFrame) return;
      StepState& main = leg_.frames[static_cast<std::size_t>(stage.frame)].steps[static_cast<std::size_t>(stage.step)];
      for (const auto& [key, value] : stage.run.saved) Put(main.saved, key, value);
      return;
    }
  }
}

// Takes what a background step left into the job, as if it had ended now.
void Walk::Join(StepState& state, int frame) {
  const StepReport report = std::move(*state.left);
  state.left.reset();
  Absorb(state, frame, report);
}

void Walk::Absorb(StepState& state, int frame, const StepReport& report) {
  for (const auto& [key, value] : report.outputs) Put(state.outputs, key, value);
  for (const auto& [key, value] : report.environment) Put(leg_.environment, key, value);
  for (const auto& [key, value] : report.state) Put(state.saved, key, value);
  for (const std::string& path : report.path) {
    std::erase(leg_.path, path);
    leg_.path.push_back(path);
  }
  leg_.masks.insert(leg_.masks.end(), report.masks.begin(), report.masks.end());
  AbsorbAnnotations(frame, report.annotations);
  state.began = report.began;
  state.ended = report.ended;
  const bool good = report.end == StepEnd::kExited && report.exit_code == 0 && report.problem.empty();
  RunResult outcome = good ? RunResult::kSuccess : RunResult::kFailure;
  if (!good && state.ending != Ending::kNone && report.end != StepEnd::kTimedOut) outcome = RunResult::kCancelled;
  Finish(state, frame, outcome, good ? "" : FailureOf(report, state));
}

// Those within a composite action are counted together, as of the job's step that began it.
void Walk::AbsorbAnnotations(int frame, const std::vector<Annotation>& more) {
  if (frame != 0) {
    while (leg_.frames[static_cast<std::size_t>(frame)].parent > 0) frame = leg_.frames[static_cast<std::size_t>(frame)].parent;
    return KeepAnnotations(more, leg_.frames[static_cast<std::size_t>(frame)].annotations);
  }
  for (const Annotation& annotation : more) {
    if (leg_.annotations.size() < kAnnotationsMax) leg_.annotations.push_back(annotation);
  }
}

void Walk::Finish(StepState& state, int frame, RunResult outcome, std::string reason) {
  state.phase = StepPhase::kDone;
  state.outcome = outcome;
  state.conclusion = outcome == RunResult::kFailure && state.continue_on_error ? RunResult::kSuccess : outcome;
  // A sentence about a wrong expression may quote what it was given.
  state.reason = reason.empty() ? reason : MasksOf(turn_.spec, leg_).Mask(reason);
  state.hashes.clear();
  if (state.ended == WallTime{}) state.ended = turn_.now.wall;
  if (state.began == WallTime{}) state.began = state.ended;
  if (state.ended_on_purpose || state.conclusion == RunResult::kSuccess || state.conclusion == RunResult::kSkipped) return;
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  in.status = RunResult::kFailure;
  if (frame != 0) return;
  if (leg_.status == RunResult::kSuccess) leg_.status = RunResult::kFailure;
  if (leg_.reason.empty() && outcome == RunResult::kFailure) leg_.reason = fmt::format("{}: {}", state.name, state.reason);
}

void Walk::FinishStep(int frame, int index, RunResult outcome, std::string reason) {
  FrameState& in = leg_.frames[static_cast<std::size_t>(frame)];
  Finish(in.steps[static_cast<std::size_t>(index)], frame, outcome, std::move(reason));
  ++in.next;
}

}  // namespace tuesday::workflow
