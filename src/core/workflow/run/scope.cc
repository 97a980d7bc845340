// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/scope.h"

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "core/expression/value/json.h"
#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

Value FromJson(const std::string& json) {
  if (json.empty()) return {};
  const auto value = expression::ReadJson(json);
  CHECK(value.has_value(), "a stored value is no JSON");
  return *value;
}

// The secrets that a call passes on. What it names is evaluated where the caller stands.
Value PassedSecrets(const GraphScope& scope, const Call& call, const Contexts& contexts) {
  if (call.inherits_secrets) return scope.secrets;
  if (!call.secret_values.has_value()) return Value::Object({});
  const auto pairs = EvaluatePairs(*call.secret_values, contexts);
  return pairs.has_value() ? ObjectOf(*pairs) : Value::Object({});
}

Value Overlaid(const Value& below, const Value& above) {
  if (above.as_object() == nullptr || above.as_object()->members().empty()) return below;
  std::vector<std::pair<std::string, Value>> members;
  const auto add = [&](const Value& from) {
    if (from.as_object() == nullptr) return;
    for (const auto& [name, value] : from.as_object()->members()) {
      const auto same = [&, &key = name](const auto& member) { return expression::SameText(member.first, key); };
      std::erase_if(members, same);
      members.emplace_back(name, value);
    }
  };
  add(below);
  add(above);
  return Value::Object(std::move(members));
}

// Null for a leg that is not let in.
const EnvironmentSettings* SettingsOf(const RunSpec& spec, const LegState& leg) {
  if (!leg.holds_environment) return nullptr;
  const auto found = spec.environments.find(EnvironmentKey(leg.environment_name));
  return found == spec.environments.end() ? nullptr : &found->second;
}

Value NeedsOf(const GraphState& graph, const Job& job) {
  std::vector<std::pair<std::string, Value>> needs;
  for (const Token& need : job.needs) {
    const JobState& state = graph.jobs[JobIndex(graph, need.text)];
    needs.emplace_back(need.text, Value::Object({{"result", ResultText(state.result)}, {"outputs", ObjectOf(state.outputs)}}));
  }
  return Value::Object(std::move(needs));
}

void Collect(const GraphScope& scope, GraphState& graph, std::vector<LegPlace>& places) {
  for (JobState& job : graph.jobs) {
    for (LegState& leg : job.legs) {
      places.push_back({scope, &graph, &job, &leg});
      for (GraphState& called : leg.called) Collect(CalledScope(scope, graph, job, leg), called, places);
    }
  }
}

}  // namespace

GraphScope TopScope(const RunSpec& spec, const RunState& state) {
  return {.spec = &spec,
          .jobs = &spec.workflow.jobs,
          .inputs = spec.inputs,
          .secrets = spec.secrets,
          .env = &spec.workflow.env,
          .defaults = &spec.workflow.defaults,
          .prefix = "",
          .cancelled = state.cancelled};
}

GraphScope CalledScope(const GraphScope& scope, const GraphState& graph, const JobState& state, const LegState& leg) {
  const Job& job = JobOf(scope, state);
  const Call& call = *job.call;
  return {.spec = scope.spec,
          .jobs = &job.jobs,
          .inputs = leg.called.empty() ? Value() : FromJson(leg.called.front().inputs),
          .secrets = PassedSecrets(scope, call, LegContexts(scope, graph, job, state, leg)),
          .env = &call.env,
          .defaults = &call.defaults,
          .prefix = leg.key + ".",
          .cancelled = scope.cancelled || leg.cancelled_at.has_value()};
}

const Job& JobOf(const GraphScope& scope, const JobState& state) {
  const auto found =
      std::find_if(scope.jobs->begin(), scope.jobs->end(), [&](const Job& job) { return job.id.text == state.id; });
  CHECK(found != scope.jobs->end(), "the job is none of its file: " + state.id);
  return *found;
}

std::size_t JobIndex(const GraphState& graph, std::string_view id) {
  const auto found =
      std::find_if(graph.jobs.begin(), graph.jobs.end(), [&](const JobState& job) { return expression::SameText(job.id, id); });
  CHECK(found != graph.jobs.end(), "no such job: " + std::string(id));
  return static_cast<std::size_t>(found - graph.jobs.begin());
}

std::vector<std::size_t> Ancestors(const GraphScope& scope, const GraphState& graph, const Job& job) {
  std::vector<std::size_t> result;
  const auto add = [&](const Job& of) {
    for (const Token& need : of.needs) {
      const std::size_t index = JobIndex(graph, need.text);
      if (std::find(result.begin(), result.end(), index) == result.end()) result.push_back(index);
    }
  };
  add(job);
  for (std::size_t i = 0; i < result.size(); ++i) add(JobOf(scope, graph.jobs[result[i]]));
  return result;
}

Contexts JobContexts(const GraphScope& scope, const GraphState& graph, const Job& job) {
  Contexts contexts;
  contexts.Set("github", scope.spec->github);
  contexts.Set("vars", scope.spec->vars);
  contexts.Set("inputs", scope.inputs);
  contexts.Set("secrets", scope.secrets);
  contexts.Set("needs", NeedsOf(graph, job));
  StatusAnswers status;
  status.cancelled = scope.cancelled;
  for (const std::size_t index : Ancestors(scope, graph, job)) {
    const RunResult result = graph.jobs[index].result;
    status.success = status.success && result == RunResult::kSuccess;
    status.failure = status.failure || result == RunResult::kFailure;
  }
  status.success = status.success && !scope.cancelled;
  contexts.SetStatus(status);
  return contexts;
}

Contexts LegContexts(const GraphScope& scope, const GraphState& graph, const Job& job, const JobState& state,
                     const LegState& leg) {
  Contexts contexts = JobContexts(scope, graph, job);
  if (const EnvironmentSettings* settings = SettingsOf(*scope.spec, leg); settings != nullptr) {
    contexts.Set("secrets", Overlaid(scope.secrets, settings->secrets));
    contexts.Set("vars", Overlaid(scope.spec->vars, settings->vars));
  }
  contexts.Set("matrix", FromJson(leg.matrix));
  contexts.Set(
      "strategy",
      Value::Object({{"fail-fast", state.fail_fast},
                     {"job-index", leg.index},
                     {"job-total", static_cast<int>(state.legs.size())},
                     {"max-parallel", state.parallel_max > 0 ? state.parallel_max : static_cast<int>(state.legs.size())}}));
  return contexts;
}

std::string EnvironmentKey(std::string_view name) {
  std::string key(name);
  std::ranges::transform(key, key.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

expression::Value SecretsOf(const GraphScope& scope, const LegState& leg) {
  const EnvironmentSettings* settings = SettingsOf(*scope.spec, leg);
  return settings == nullptr ? scope.secrets : Overlaid(scope.secrets, settings->secrets);
}

std::vector<std::string> SecretTextsOf(const RunSpec& spec, const LegState& leg) {
  std::vector<std::string> texts;
  const auto add = [&](const Value& secrets) {
    if (secrets.as_object() == nullptr) return;
    for (const auto& [name, value] : secrets.as_object()->members()) texts.push_back(value.ToText());
  };
  add(spec.secrets);
  if (const EnvironmentSettings* settings = SettingsOf(spec, leg); settings != nullptr) add(settings->secrets);
  return texts;
}

Masks MasksOf(const RunSpec& spec, const LegState& leg) {
  Masks masks;
  for (const std::string& text : SecretTextsOf(spec, leg)) masks.Add(text);
  for (const std::string& mask : leg.masks) masks.Add(mask);
  return masks;
}

Evaluated<Concurrency> ConcurrencyOf(const std::optional<Token>& token, const Contexts& contexts) {
  Concurrency result;
  if (!token.has_value()) return result;
  const auto evaluated = EvaluateToken(*token, contexts);
  if (!evaluated) return std::unexpected(evaluated.error());
  const auto text = [](const Token* from) { return from == nullptr ? std::string() : ToValue(*from).ToText(); };
  if (!evaluated->Is(TokenKind::kMapping)) {
    result.group = text(&*evaluated);
    return result;
  }
  result.group = text(evaluated->Find("group"));
  result.cancels = text(evaluated->Find("cancel-in-progress")) == "true";
  result.queues = text(evaluated->Find("queue")) == "max";
  return result;
}

std::vector<LegPlace> AllLegs(const RunSpec& spec, RunState& state) {
  std::vector<LegPlace> places;
  Collect(TopScope(spec, state), state.graph, places);
  return places;
}

std::optional<LegPlace> FindLeg(const RunSpec& spec, RunState& state, std::string_view key) {
  for (LegPlace& place : AllLegs(spec, state)) {
    if (place.leg->key == key) return std::move(place);
  }
  return std::nullopt;
}

}  // namespace tuesday::workflow
