// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/step_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/expression/value/text.h"
#include "core/workflow/run/containers/containers.h"
#include "core/workflow/run/hidden.h"

namespace tuesday::workflow {
namespace {

using expression::KeyCase;
using expression::ObjectValue;
using expression::Value;

void Merge(Pairs& into, const Pairs& from) {
  for (const auto& [key, value] : from) Put(into, key, value);
}

Value GithubOf(const LegPlace& place, int frame, const StepState* state, std::string_view id) {
  const RunSpec& spec = *place.scope.spec;
  auto github = std::make_shared<ObjectValue>();
  if (spec.github.as_object() != nullptr) {
    for (const auto& [key, value] : spec.github.as_object()->members()) github->Set(key, value);
  }
  github->Set("job", place.definition().id.text);
  const RunnerPaths paths = PathsOf(spec, *place.leg);
  github->Set("workspace", paths.workspace);
  github->Set("event_path", paths.event_file);
  if (const auto* secrets = place.scope.secrets.as_object(); secrets != nullptr) {
    if (const Value* token = secrets->Find("GITHUB_TOKEN"); token != nullptr) github->Set("token", *token);
  }
  if (state != nullptr) github->Set("action", std::string(id));
  const FrameState& in = place.leg->frames[static_cast<std::size_t>(frame)];
  if (!in.action.empty()) {
    github->Set("action_path", place.leg->actions.at(in.action).folder);
    github->Set("action_status", ResultText(in.status));
  }
  return Value(expression::ObjectPtr(std::move(github)));
}

Value StepsOf(const FrameState& frame, const std::vector<std::string>& ids) {
  auto steps = std::make_shared<ObjectValue>();
  for (std::size_t i = 0; i < frame.steps.size() && i < ids.size(); ++i) {
    const StepState& step = frame.steps[i];
    if (step.phase != StepPhase::kDone || ids[i].starts_with("__") || ids[i].empty()) continue;
    steps->Set(ids[i], Value::Object({{"outputs", ObjectOf(step.outputs)},
                                      {"outcome", ResultText(step.outcome)},
                                      {"conclusion", ResultText(step.conclusion)}}));
  }
  return Value(expression::ObjectPtr(std::move(steps)));
}

Value RunnerOf(const RunSpec& spec, const RunnerPaths& paths) {
  std::vector<std::pair<std::string, Value>> members = {{"name", spec.runner_name},       {"os", "Linux"},
                                                        {"arch", spec.architecture},      {"temp", paths.temp},
                                                        {"tool_cache", paths.tool_cache}, {"environment", "self-hosted"},
                                                        {"workspace", paths.workspace}};
  if (spec.debug) members.emplace_back("debug", "1");
  return Value::Object(std::move(members));
}

StatusAnswers StatusOf(const LegState& leg, const FrameState& frame) {
  const bool in_composite = !frame.action.empty();
  const RunResult status = in_composite ? frame.status : leg.status;
  return {.success = status == RunResult::kSuccess && leg.status != RunResult::kCancelled,
          .failure = status == RunResult::kFailure,
          .cancelled = leg.status == RunResult::kCancelled,
          .jobs = nullptr};
}

}  // namespace

Evaluated<Pairs> JobEnvironment(const LegPlace& place) {
  Pairs environment;
  Contexts contexts = LegContexts(place.scope, *place.graph, place.definition(), *place.job, *place.leg);
  if (place.scope.env->has_value()) {
    auto of_file = EvaluatePairs(**place.scope.env, contexts);
    if (!of_file) return std::unexpected(of_file.error());
    Merge(environment, *of_file);
  }
  if (place.definition().env.has_value()) {
    auto of_job = EvaluatePairs(*place.definition().env, contexts);
    if (!of_job) return std::unexpected(of_job.error());
    Merge(environment, *of_job);
  }
  Merge(environment, place.leg->environment);
  return environment;
}

Evaluated<Contexts> EarlyContexts(const LegPlace& place) {
  const RunSpec& spec = *place.scope.spec;
  auto environment = JobEnvironment(place);
  if (!environment) return std::unexpected(environment.error());
  Contexts contexts = LegContexts(place.scope, *place.graph, place.definition(), *place.job, *place.leg);
  contexts.Set("env", ObjectOf(*environment, KeyCase::kExact));
  contexts.Set("runner", RunnerOf(spec, PathsOf(spec, *place.leg)));
  contexts.Set("job", JobValue(*place.leg));
  return contexts;
}

namespace {

// Frames above put their `env` over the job's, the nearest last.
Evaluated<Contexts> ContextsWithoutGithub(const LegPlace& place, int frame) {
  const RunSpec& spec = *place.scope.spec;
  const LegState& leg = *place.leg;
  const FrameState& in = leg.frames[static_cast<std::size_t>(frame)];
  auto environment = JobEnvironment(place);
  if (!environment) return std::unexpected(environment.error());
  const Value secrets = SecretsOf(place.scope, leg);
  Merge(*environment, RevealSecrets(secrets, in.environment));
  Contexts contexts = LegContexts(place.scope, *place.graph, place.definition(), *place.job, leg);
  contexts.Set("env", ObjectOf(*environment, KeyCase::kExact));
  contexts.Set("runner", RunnerOf(spec, PathsOf(spec, leg)));
  contexts.Set("job", JobValue(leg));
  contexts.Set("steps", StepsOf(in, in.ids));
  if (!in.action.empty()) contexts.Set("inputs", ObjectOf(RevealSecrets(secrets, in.inputs)));
  contexts.SetStatus(StatusOf(leg, in));
  return contexts;
}

}  // namespace

Evaluated<Contexts> FrameContexts(const LegPlace& place, int frame) {
  auto contexts = ContextsWithoutGithub(place, frame);
  if (contexts) contexts->Set("github", GithubOf(place, frame, nullptr, ""));
  return contexts;
}

Evaluated<Contexts> StepContexts(const LegPlace& place, int frame, const Step& step, const StepState& state) {
  auto contexts = ContextsWithoutGithub(place, frame);
  if (!contexts) return contexts;
  contexts->Set("github", GithubOf(place, frame, &state, step.id));
  contexts->SetHashes(&state.hashes);
  if (!step.env.has_value()) return contexts;
  auto own = EvaluatePairs(*step.env, *contexts);
  if (!own) return std::unexpected(own.error());
  Pairs environment;
  const Value known = contexts->NamedValue("env");
  for (const auto& [key, value] : known.as_object()->members()) environment.emplace_back(key, value.ToText());
  Merge(environment, *own);
  contexts->Set("env", ObjectOf(environment, KeyCase::kExact));
  return contexts;
}

Evaluated<Pairs> ActionInputs(const ActionPlan& plan, const Step& step, const Contexts& contexts) {
  Pairs inputs;
  for (const auto& [name, otherwise] : plan.inputs) {
    std::string value;
    if (otherwise.has_value()) {
      auto text = EvaluateText(*otherwise, contexts);
      if (!text) return std::unexpected(text.error());
      value = std::move(*text);
    }
    inputs.emplace_back(name, std::move(value));
  }
  if (!step.with.has_value()) return inputs;
  auto given = EvaluatePairs(*step.with, contexts);
  if (!given) return std::unexpected(given.error());
  for (auto& [key, value] : *given) {
    const auto known =
        std::find_if(inputs.begin(), inputs.end(), [&](const auto& input) { return expression::SameText(input.first, key); });
    Put(inputs, known == inputs.end() ? key : known->first, std::move(value));
  }
  return inputs;
}

}  // namespace tuesday::workflow
