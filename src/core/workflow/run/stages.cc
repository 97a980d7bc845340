// SPDX-License-Identifier: Apache-2.0
// What a walk does for actions: their stages before and after the job's steps, and composite ones.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/workflow/run/hidden.h"
#include "core/workflow/run/step_scope.h"
#include "core/workflow/run/walk.h"

namespace tuesday::workflow {
namespace {

int DepthOf(const LegState& leg, int frame) {
  int depth = 0;
  for (; frame > 0; frame = leg.frames[static_cast<std::size_t>(frame)].parent) ++depth;
  return depth;
}

}  // namespace

Pace Walk::BeginUses(const Step& step, int frame, int index, const Contexts& contexts) {
  const std::string& uses = step.uses->text;
  StepState& state = leg_.frames[static_cast<std::size_t>(frame)].steps[static_cast<std::size_t>(index)];
  const auto loaded = leg_.actions.find(uses);
  if (loaded == leg_.actions.end()) {
    leg_.wanted_actions = {uses};
    return Pace::kWait;
  }
  const auto fail = [&](std::string why) {
    FinishStep(frame, index, RunResult::kFailure, std::move(why));
    return Pace::kOn;
  };
  if (!loaded->second.problem.empty()) return fail(loaded->second.problem);
  std::string problem;
  const ActionPlan* plan = Plan(uses, problem);
  if (plan == nullptr) return fail(problem);
  if (const auto inputs = ActionInputs(*plan, step, contexts); !inputs) {
    if (Ask(state, contexts, inputs.error(), "with") == Pace::kWait) return Pace::kWait;
    return fail(state.reason);
  }
  if (plan->kind == ActionKind::kComposite) return BeginComposite(step, *plan, frame, index);
  AddPost(*plan, frame, index);
  return BeginRun(frame, index);
}

void Walk::AddPost(const ActionPlan& plan, int frame, int index) {
  if (plan.post.empty()) return;
  StageState stage{frame, index, {}};
  stage.run.name = "Post " + leg_.frames[static_cast<std::size_t>(frame)].steps[static_cast<std::size_t>(index)].name;
  leg_.post_stages.push_back(std::move(stage));
}

Pace Walk::BeginComposite(const Step& step, const ActionPlan& plan, int frame, int index) {
  if (DepthOf(leg_, frame) >= static_cast<int>(kCompositeDepthMax)) {
    FinishStep(frame, index, RunResult::kFailure,
               fmt::format("composite actions are nested more than {} deep", kCompositeDepthMax));
    return Pace::kOn;
  }
  StepState& state = leg_.frames[static_cast<std::size_t>(frame)].steps[static_cast<std::size_t>(index)];
  const auto contexts = StepContexts(place_, frame, step, state);
  FrameState opened;
  opened.parent = frame;
  opened.parent_step = index;
  opened.action = step.uses->text;
  const expression::Value secrets = SecretsOf(place_.scope, *place_.leg);
  opened.inputs = HideSecrets(secrets, *ActionInputs(plan, step, *contexts));
  opened.environment = leg_.frames[static_cast<std::size_t>(frame)].environment;
  if (step.env.has_value()) {
    for (const auto& [key, value] : HideSecrets(secrets, EvaluatePairs(*step.env, *contexts).value_or(Pairs())))
      Put(opened.environment, key, value);
  }
  for (const FlatStep& flat : Flatten(plan.steps)) {
    opened.ids.push_back(flat.step->id);
    opened.steps.emplace_back().name = StepName(flat);
  }
  state.phase = StepPhase::kRunning;
  state.background = false;
  state.began = turn_.now.wall;
  state.frame = static_cast<int>(leg_.frames.size());
  leg_.frame = state.frame;
  leg_.frames.push_back(std::move(opened));
  return Pace::kOn;
}

void Walk::CloseFrame() {
  const int closed = leg_.frame;
  const FrameState& frame = leg_.frames[static_cast<std::size_t>(closed)];
  const int parent = frame.parent;
  const int index = frame.parent_step;
  const RunResult status = frame.status;
  std::string problem;
  std::string reason;
  for (const StepState& step : frame.steps) {
    if (step.conclusion == RunResult::kFailure && reason.empty()) reason = fmt::format("{}: {}", step.name, step.reason);
  }
  Pairs outputs;
  if (const ActionPlan* plan = Plan(frame.action, problem); plan != nullptr) {
    if (const auto contexts = FrameContexts(place_, closed); contexts) {
      for (const auto& [name, value] : plan->outputs) Put(outputs, name, EvaluateText(value, *contexts).value_or(""));
    }
  }
  StepState& state = leg_.frames[static_cast<std::size_t>(parent)].steps[static_cast<std::size_t>(index)];
  state.outputs = std::move(outputs);
  state.ended = turn_.now.wall;
  leg_.frame = parent;
  if (parent == 0) AbsorbAnnotations(0, std::exchange(leg_.frames[static_cast<std::size_t>(closed)].annotations, {}));
  const bool ended = state.ending != Ending::kNone || leg_.status == RunResult::kCancelled;
  const RunResult outcome = status == RunResult::kSuccess ? RunResult::kSuccess
                            : ended                       ? RunResult::kCancelled
                                                          : RunResult::kFailure;
  FinishStep(parent, index, outcome, std::move(reason));
}

Pace Walk::ContinueStages(std::vector<StageState>& stages, bool reversed) {
  const auto count = static_cast<int>(stages.size());
  for (int i = 0; i < count; ++i) {
    StageState& stage = stages[static_cast<std::size_t>(reversed ? count - 1 - i : i)];
    if (stage.run.phase == StepPhase::kRunning) return Pace::kWait;
    if (stage.run.phase == StepPhase::kWaiting && BeginStage(stage, reversed) == Pace::kWait) return Pace::kWait;
  }
  return Pace::kOn;
}

Pace Walk::BeginContainers(StageState& stage, bool is_post) {
  stage.run.name = is_post ? "Stop containers" : "Initialize containers";
  const bool begun = is_post && !leg_.pre_stages.empty() && leg_.pre_stages.front().run.ordinal != 0;
  if (is_post ? !begun : leg_.status != RunResult::kSuccess) {
    Finish(stage.run, 0, RunResult::kSkipped, is_post ? "no containers were begun" : "the job has ended");
    return Pace::kOn;
  }
  stage.run.ordinal = ++leg_.ordinals;
  stage.run.phase = StepPhase::kRunning;
  stage.run.began = turn_.now.wall;
  return Pace::kWait;
}

Pace Walk::BeginStage(StageState& stage, bool is_post) {
  if (stage.frame == kContainersFrame) return BeginContainers(stage, is_post);
  const FlatStep& flat = StepsOf(stage.frame)[static_cast<std::size_t>(stage.step)];
  const Step& step = *flat.step;
  const StepState& main = leg_.frames[static_cast<std::size_t>(stage.frame)].steps[static_cast<std::size_t>(stage.step)];
  std::string problem;
  const ActionPlan* plan = Plan(step.uses->text, problem);
  if (!is_post) stage.run.name = "Pre " + main.name;
  const auto contexts = StepContexts(place_, stage.frame, step, stage.run);
  const std::optional<Token>& condition = is_post ? plan->post_if : plan->pre_if;
  const auto fail = [&](const Contexts& asked, const EvaluationProblem& why, std::string_view what) {
    const Pace pace = Ask(stage.run, asked, why, what);
    if (pace == Pace::kOn) Finish(stage.run, 0, RunResult::kFailure, stage.run.reason);
    return pace;
  };
  if (!contexts) {
    auto frame_contexts = FrameContexts(place_, stage.frame);
    if (!frame_contexts) return fail(Contexts(), frame_contexts.error(), "env");
    // Only to learn whether it was a digest that lacked: the stage's own contexts are gone with the problem.
    frame_contexts->SetHashes(&stage.run.hashes);
    if (step.env.has_value()) (void)EvaluatePairs(*step.env, *frame_contexts);
    return fail(*frame_contexts, contexts.error(), "env");
  }
  if (condition.has_value()) {
    const auto holds = EvaluateCondition(*condition, *contexts);
    if (!holds) return fail(*contexts, holds.error(), is_post ? "post-if" : "pre-if");
    if (!*holds) {
      Finish(stage.run, 0, RunResult::kSkipped, "its condition is false");
      return Pace::kOn;
    }
  }
  // Each stage has its inputs evaluated anew: what the job has done since may show in them.
  if (const auto inputs = ActionInputs(*plan, step, *contexts); !inputs) return fail(*contexts, inputs.error(), "with");
  stage.run.saved = main.saved;
  stage.run.ordinal = ++leg_.ordinals;
  stage.run.phase = StepPhase::kRunning;
  stage.run.began = turn_.now.wall;
  return Pace::kWait;
}

void Walk::EndMain() {
  for (StepState& step : leg_.frames.front().steps) {
    if (step.left.has_value()) Join(step, 0);
  }
  leg_.phase = LegPhase::kPost;
}

// Outputs are made when nothing can change them any more.
void Walk::EndPost() {
  const Job& job = place_.definition();
  const Masks masks = MasksOf(turn_.spec, leg_);
  if (const auto contexts = FrameContexts(place_, 0); contexts) {
    if (job.outputs.has_value()) {
      for (const Member& member : job.outputs->members) {
        const auto value = EvaluateText(member.value, *contexts);
        const auto key = EvaluateText(member.key, *contexts);
        if (!value || !key) continue;
        if (masks.Holds(*value)) {
          Annotation& warning = leg_.annotations.emplace_back();
          warning.level = AnnotationLevel::kWarning;
          warning.message = fmt::format("Skip output '{}' since it may contain secret.", *key);
        } else {
          Put(leg_.outputs, *key, *value);
        }
      }
    }
    const Token* url = job.environment.has_value() ? job.environment->Find("url") : nullptr;
    if (url != nullptr) leg_.environment_url = EvaluateText(*url, *contexts).value_or("");
  }
  leg_.phase = LegPhase::kClosing;
}

bool Walk::StillHolds(int frame, int step) {
  const Step& definition = *StepsOf(frame)[static_cast<std::size_t>(step)].step;
  StepState asked = leg_.frames[static_cast<std::size_t>(frame)].steps[static_cast<std::size_t>(step)];
  const auto contexts = StepContexts(place_, frame, definition, asked);
  if (!contexts) return false;
  return EvaluateCondition(definition.condition, *contexts).value_or(false);
}

}  // namespace tuesday::workflow
