// SPDX-License-Identifier: Apache-2.0
// What a leg says of itself, evaluated when its turn has come.
#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/json.h"
#include "core/expression/value/text.h"
#include "core/workflow/run/containers/containers.h"
#include "core/workflow/run/jobs.h"
#include "core/workflow/run/leg.h"
#include "core/workflow/run/step_scope.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

std::string LowerText(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> LabelsOf(const Token& runs_on) {
  std::vector<std::string> labels;
  if (runs_on.Is(TokenKind::kMapping)) {
    const Token* named = runs_on.Find("labels");
    return named == nullptr ? labels : LabelsOf(*named);
  }
  if (runs_on.Is(TokenKind::kSequence)) {
    for (const Token& item : runs_on.items) labels.push_back(LowerText(item.ScalarText()));
  } else {
    labels.push_back(LowerText(runs_on.ScalarText()));
  }
  return labels;
}

// GitHub would let a job wait a day for a runner that never comes; here it is told at once.
Evaluated<bool> CheckRunsOn(const RunSpec& spec, const Job& job, const Contexts& contexts) {
  if (!job.runs_on.has_value()) return true;
  const auto runs_on = EvaluateToken(*job.runs_on, contexts);
  if (!runs_on) return std::unexpected(runs_on.error());
  for (const std::string& label : LabelsOf(*runs_on)) {
    if (spec.labels.contains(label)) continue;
    return std::unexpected(EvaluationProblem{
        fmt::format("no runner here has the label '{}'; there are: {}", label, fmt::join(spec.labels, ", "))});
  }
  return true;
}

// The name alone: the address is known when the job has ended.
Evaluated<std::string> EnvironmentName(const Job& job, const Contexts& contexts) {
  if (!job.environment.has_value()) return std::string();
  if (const Token* name = job.environment->Find("name"); name != nullptr) return EvaluateText(*name, contexts);
  const auto evaluated = EvaluateToken(*job.environment, contexts);
  if (!evaluated) return std::unexpected(evaluated.error());
  const Token* name = evaluated->Find("name");
  return ToValue(name == nullptr ? *evaluated : *name).ToText();
}

Value TypedInput(const Token& definition, const Value& given) {
  const Token* type = definition.Find("type");
  const std::string kind = type == nullptr ? "string" : type->text;
  if (kind == "boolean")
    return given.as_string() != nullptr ? Value(expression::SameText(*given.as_string(), "true")) : Value(given.Holds());
  if (kind == "number") return Value(given.ToNumber());
  return Value(given.ToText());
}

// What the called workflow gets: each input that it defines, as passed, by default, or as its type's nothing.
Evaluated<Value> CallInputs(const Call& call, const Contexts& contexts) {
  std::vector<std::pair<std::string, Value>> inputs;
  if (!call.input_definitions.has_value()) return Value::Object({});
  for (const Member& member : call.input_definitions->members) {
    const Token* source = member.value.Find("default");
    if (call.input_values.has_value()) {
      for (const Member& given : call.input_values->members) {
        if (expression::SameText(given.key.text, member.key.text)) source = &given.value;
      }
    }
    Value value;
    if (source != nullptr) {
      auto evaluated = EvaluateValue(*source, contexts);
      if (!evaluated) return std::unexpected(evaluated.error());
      value = std::move(*evaluated);
    }
    inputs.emplace_back(member.key.text, TypedInput(member.value, value));
  }
  return Value::Object(std::move(inputs));
}

// What keeps the leg from beginning, in one sentence.
Evaluated<bool> Prepare(const Turn& turn, LegPlace& place, const Contexts& contexts) {
  const Job& job = place.definition();
  LegState& leg = *place.leg;
  if (job.name.IsExpression()) leg.name = EvaluateText(job.name, contexts).value_or(leg.name);
  const auto coe = EvaluateFlag(job.continue_on_error, contexts, false);
  if (!coe) return std::unexpected(coe.error());
  leg.continue_on_error = *coe;
  const auto timeout = EvaluateMinutes(job.timeout_minutes, contexts);
  if (!timeout) return std::unexpected(timeout.error());
  const auto cancel_timeout = EvaluateMinutes(job.cancel_timeout_minutes, contexts);
  if (!cancel_timeout) return std::unexpected(cancel_timeout.error());
  leg.cancel_timeout = cancel_timeout->value_or(kJobCancelTimeout);
  const auto environment = EnvironmentName(job, contexts);
  if (!environment) return std::unexpected(environment.error());
  leg.environment_name = *environment;
  return CheckRunsOn(turn.spec, job, contexts);
}

// The stage that begins the leg's containers, when it has any: the first of all. One that goes on begins them anew.
Evaluated<bool> PrepareContainers(LegPlace& place) {
  LegState& leg = *place.leg;
  const Job& job = place.definition();
  if (!job.container.has_value() && !job.services.has_value()) return true;
  const auto contexts = EarlyContexts(place);
  if (!contexts) return std::unexpected(contexts.error());
  const auto containers = ContainersOf(place, *contexts);
  if (!containers) return std::unexpected(containers.error());
  std::erase_if(leg.pre_stages, [](const StageState& stage) { return stage.frame == kContainersFrame; });
  if (!containers->job && containers->services.empty()) return true;
  leg.pre_stages.insert(leg.pre_stages.begin(), StageState{kContainersFrame, containers->job ? 1 : 0, {}});
  return true;
}

void BeginCall(Turn& turn, LegPlace& place, const Contexts& contexts) {
  LegState& leg = *place.leg;
  const Job& job = place.definition();
  const auto inputs = CallInputs(*job.call, contexts);
  if (!inputs) return EndLeg(turn, place, RunResult::kFailure, "with: " + inputs.error().message);
  if (job.call->secret_values.has_value()) {
    if (const auto secrets = EvaluatePairs(*job.call->secret_values, contexts); !secrets)
      return EndLeg(turn, place, RunResult::kFailure, "secrets: " + secrets.error().message);
  }
  GraphState graph = NewGraph(job.jobs, nullptr);
  graph.inputs = expression::WriteJsonLine(*inputs);
  leg.called = {std::move(graph)};
  leg.phase = LegPhase::kCalled;
  TellJobBegan(turn, place);
}

}  // namespace

Duration TimeoutOf(const LegPlace& place) {
  return EvaluateMinutes(place.definition().timeout_minutes,
                         LegContexts(place.scope, *place.graph, place.definition(), *place.job, *place.leg))
      .value_or(std::nullopt)
      .value_or(kJobTimeout);
}

void TellJobBegan(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  leg.began = turn.now.wall;
  turn.entries.push_back(
      {.kind = "workflow.job.began", .message = fmt::format("Job {} began", leg.key), .data = {{"job", Json(leg.key)}}});
}

void BeginLeg(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  const Job& job = place.definition();
  const Contexts contexts = LegContexts(place.scope, *place.graph, job, *place.job, leg);
  if (turn.spec.gates_environments && !leg.holds_environment) {
    const auto name = EnvironmentName(job, contexts);
    if (!name) return EndLeg(turn, place, RunResult::kFailure, "environment: " + name.error().message);
    leg.environment_name = *name;
    leg.asks_environment = !name->empty();
    leg.environment_since = turn.now.wall;
    if (leg.asks_environment) return;
  }
  if (!leg.holds_group) {
    const auto group = ConcurrencyOf(job.concurrency, contexts);
    if (!group) return EndLeg(turn, place, RunResult::kFailure, "concurrency: " + group.error().message);
    leg.group = group->group;
    leg.group_cancels = group->cancels;
    leg.group_queues = group->queues;
    leg.group_since = turn.now.wall;
    if (!leg.group.empty()) return;
  }
  leg.began = {};
  if (const auto ready = Prepare(turn, place, contexts); !ready)
    return EndLeg(turn, place, RunResult::kFailure, ready.error().message);
  if (const auto ready = PrepareContainers(place); !ready)
    return EndLeg(turn, place, RunResult::kFailure, ready.error().message);
  if (job.call.has_value()) return BeginCall(turn, place, contexts);
  leg.phase = LegPhase::kOpening;
}

}  // namespace tuesday::workflow
