// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/expression/value/text.h"
#include "core/workflow/output/step_output.h"
#include "core/workflow/run/containers/containers.h"
#include "core/workflow/run/step_scope.h"
#include "core/workflow/run/walk.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

// The properties of the github context that steps see as GITHUB_….
constexpr auto kExported = std::to_array<std::string_view>({"action",
                                                            "action_path",
                                                            "action_ref",
                                                            "action_repository",
                                                            "actor",
                                                            "actor_id",
                                                            "api_url",
                                                            "base_ref",
                                                            "event_name",
                                                            "event_path",
                                                            "graphql_url",
                                                            "head_ref",
                                                            "job",
                                                            "ref",
                                                            "ref_name",
                                                            "ref_protected",
                                                            "ref_type",
                                                            "repository",
                                                            "repository_id",
                                                            "repository_owner",
                                                            "repository_owner_id",
                                                            "retention_days",
                                                            "run_attempt",
                                                            "run_id",
                                                            "run_number",
                                                            "server_url",
                                                            "sha",
                                                            "triggering_actor",
                                                            "workflow",
                                                            "workflow_ref",
                                                            "workflow_sha",
                                                            "workspace"});

std::string UpperName(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

std::map<std::string, std::string> BaseEnvironment(const RunSpec& spec, const RunnerPaths& paths, const Contexts& contexts) {
  std::map<std::string, std::string> environment = {
      {"CI", "true"},
      {"GITHUB_ACTIONS", "true"},
      {"HOME", paths.home},
      {"RUNNER_NAME", spec.runner_name},
      {"RUNNER_OS", "Linux"},
      {"RUNNER_ARCH", spec.architecture},
      {"RUNNER_TEMP", paths.temp},
      {"RUNNER_TOOL_CACHE", paths.tool_cache},
      {"RUNNER_ENVIRONMENT", "self-hosted"},
      {"RUNNER_WORKSPACE", paths.workspace.substr(0, paths.workspace.rfind('/'))}};
  if (spec.debug) environment["RUNNER_DEBUG"] = "1";
  const Value github = contexts.NamedValue("github");
  for (const std::string_view name : kExported) {
    const Value* value = github.as_object() == nullptr ? nullptr : github.as_object()->Find(name);
    if (value != nullptr) environment["GITHUB_" + UpperName(name)] = value->ToText();
  }
  const Value own = contexts.NamedValue("env");
  if (own.as_object() != nullptr) {
    for (const auto& [key, value] : own.as_object()->members()) environment[key] = value.ToText();
  }
  return environment;
}

StepPosition PositionOf(int frame) { return frame == 0 ? StepPosition::kJob : StepPosition::kEmbedded; }

StepOrder NewOrder(const LegPlace& place, const StepState& state, const Contexts& contexts, StepPosition position) {
  const RunSpec& spec = *place.scope.spec;
  StepOrder order;
  order.id = fmt::format("{}.{}.{}", spec.id, place.leg->key, state.ordinal);
  order.ordinal = state.ordinal;
  const RunnerPaths paths = PathsOf(spec, *place.leg);
  order.environment = BaseEnvironment(spec, paths, contexts);
  order.path_first.assign(place.leg->path.rbegin(), place.leg->path.rend());
  order.working_dir = paths.workspace;
  order.in_container = InContainer(*place.leg);
  order.timeout = state.timeout;
  order.debug = spec.debug;
  order.embedded = position == StepPosition::kEmbedded;
  const auto allowed = order.environment.find("ACTIONS_ALLOW_UNSECURE_COMMANDS");
  order.unsecure_commands = allowed != order.environment.end() && expression::SameText(allowed->second, "true");
  return order;
}

struct Shell {
  std::vector<std::string> argv;
  std::string suffix;
  std::string before;
  std::string after;
};

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool in_word = false;
  for (const char c : text) {
    if (quote != 0 ? c == quote : (c == '"' || c == '\'')) {
      quote = quote != 0 ? 0 : c;
      in_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

// The command for a `shell:` as the runner has it; `{0}` stands for the script's file.
Evaluated<Shell> ShellOf(const std::string& shell, bool in_container) {
  // Not every image has bash.
  if (shell.empty() && in_container) return Shell{{"sh", "-e", "{0}"}, ".sh", "", ""};
  if (shell.empty()) return Shell{{"bash", "-e", "{0}"}, ".sh", "", ""};
  if (shell == "bash") return Shell{{"bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "{0}"}, ".sh", "", ""};
  if (shell == "sh") return Shell{{"sh", "-e", "{0}"}, ".sh", "", ""};
  if (shell == "python") return Shell{{"python3", "{0}"}, ".py", "", ""};
  if (shell == "pwsh") {
    return Shell{{"pwsh", "-command", ". '{0}'"},
                 ".ps1",
                 "$ErrorActionPreference = 'stop'\n",
                 "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"};
  }
  Shell own{SplitWords(shell), "", "", ""};
  const bool has_place = std::any_of(own.argv.begin(), own.argv.end(),
                                     [](const std::string& word) { return word.find("{0}") != std::string::npos; });
  if (!has_place) {
    return std::unexpected(EvaluationProblem{
        fmt::format("Invalid shell option '{}'. Shell must be a valid built-in (bash, sh, python, pwsh) or a format string "
                    "containing '{{0}}'",
                    shell)});
  }
  return own;
}

// A key of `defaults.run`, the job's before the file's.
Evaluated<std::string> DefaultOf(const LegPlace& place, std::string_view key, const Contexts& contexts) {
  for (const std::optional<Token>* defaults : {&place.definition().defaults, place.scope.defaults}) {
    if (!defaults->has_value()) continue;
    const Token* run = (*defaults)->Find("run");
    const Token* value = run == nullptr ? nullptr : run->Find(key);
    if (value != nullptr) return EvaluateText(*value, contexts);
  }
  return std::string();
}

Evaluated<std::string> TextOrDefault(const LegPlace& place, int frame, const std::optional<Token>& own, std::string_view key,
                                     const Contexts& contexts) {
  if (own.has_value()) return EvaluateText(*own, contexts);
  if (frame != 0) return std::string();  // Defaults do not reach into composite actions.
  return DefaultOf(place, key, contexts);
}

std::string InputName(std::string_view name) {
  std::string upper = UpperName(name);
  std::replace(upper.begin(), upper.end(), ' ', '_');
  return "INPUT_" + upper;
}

}  // namespace

Evaluated<StepOrder> RunOrder(const LegPlace& place, int frame, const Step& step, const StepState& state,
                              const Contexts& contexts) {
  StepOrder order = NewOrder(place, state, contexts, PositionOf(frame));
  auto script = EvaluateText(*step.run, contexts);
  if (!script) return std::unexpected(script.error());
  const auto shell_text = TextOrDefault(place, frame, step.shell, "shell", contexts);
  if (!shell_text) return std::unexpected(shell_text.error());
  const auto shell = ShellOf(*shell_text, order.in_container);
  if (!shell) return std::unexpected(shell.error());
  const auto folder = TextOrDefault(place, frame, step.working_directory, "working-directory", contexts);
  if (!folder) return std::unexpected(folder.error());
  order.argv = shell->argv;
  order.script = shell->before + *script + shell->after;
  order.script_suffix = shell->suffix;
  if (folder->starts_with('/')) {
    order.working_dir = *folder;
  } else if (!folder->empty()) {
    order.working_dir += "/" + *folder;
  }
  return order;
}

Evaluated<StepOrder> ActionOrder(const LegPlace& place, int frame, const Step& step, const StepState& state,
                                 const ActionPlan& plan, const LoadedAction& loaded, const std::string& script,
                                 std::string_view stage) {
  const auto contexts = StepContexts(place, frame, step, state);
  if (!contexts) return std::unexpected(contexts.error());
  StepOrder order = NewOrder(place, state, *contexts, stage == "main" ? PositionOf(frame) : StepPosition::kJob);
  const auto inputs = ActionInputs(plan, step, *contexts);
  if (!inputs) return std::unexpected(inputs.error());
  for (const auto& [name, value] : *inputs) order.environment[InputName(name)] = value;
  for (const auto& [name, value] : state.saved) order.environment["STATE_" + name] = value;
  if (!loaded.folder.empty()) order.environment["GITHUB_ACTION_PATH"] = loaded.folder;
  if (plan.kind == ActionKind::kDocker) {
    const auto made = ToActionContainer(place, plan, loaded, *inputs, script, *contexts, order);
    if (!made) return std::unexpected(made.error());
  } else if (plan.kind == ActionKind::kNative) {
    order.environment["TUESDAY_SOURCE"] = place.scope.spec->paths.source;
    order.argv = {place.scope.spec->paths.program, "action", loaded.native, std::string(stage)};
    order.in_container = false;  // Ours needs what stands on this machine.
  } else {
    order.argv = {order.in_container ? std::string(kContainerNode) : "node", loaded.folder + "/" + script};
  }
  return order;
}

namespace {

// Which step or stage of the leg has the command with this ordinal.
struct Found {
  int frame = 0;
  int step = 0;
  const StepState* state = nullptr;
  std::string_view stage = "main";
  const StageState* containers = nullptr;  // Set when it is one of theirs.
};

Found FoundStage(const StageState& stage, std::string_view name) {
  return {stage.frame, stage.step, &stage.run, name, stage.frame == kContainersFrame ? &stage : nullptr};
}

void Put(const std::map<std::string, std::string>& variables, StepOrder& order) {
  for (const auto& [name, value] : variables) order.environment[name] = value;
}

std::optional<Found> FindOrdinal(const LegState& leg, int ordinal) {
  for (std::size_t f = 0; f < leg.frames.size(); ++f) {
    for (std::size_t s = 0; s < leg.frames[f].steps.size(); ++s) {
      const StepState& state = leg.frames[f].steps[s];
      if (state.ordinal == ordinal) return Found{static_cast<int>(f), static_cast<int>(s), &state, "main", nullptr};
    }
  }
  for (const StageState& stage : leg.pre_stages) {
    if (stage.run.ordinal == ordinal) return FoundStage(stage, "pre");
  }
  for (const StageState& stage : leg.post_stages) {
    if (stage.run.ordinal == ordinal) return FoundStage(stage, "post");
  }
  return std::nullopt;
}

}  // namespace

Evaluated<StepOrder> OrderOf(const RunSpec& spec, const RunState& state, const std::string& leg, int ordinal,
                             const RunnerVariables& variables) {
  RunState copy = state;  // Places point into a state that they may change; this one is not kept.
  auto place = FindLeg(spec, copy, leg);
  if (!place) return std::unexpected(EvaluationProblem{fmt::format("there is no leg {}", leg)});
  const auto found = FindOrdinal(*place->leg, ordinal);
  if (!found) return std::unexpected(EvaluationProblem{fmt::format("{} has no command {}", leg, ordinal)});
  if (found->containers != nullptr) {
    return ContainersOrder(*place, *found->containers, found->stage == "pre" ? ContainerTask::kBegin : ContainerTask::kEnd);
  }
  std::vector<audit::Entry> entries;
  Turn turn{spec, copy, {}, entries};
  Walk walk(turn, *place);
  const FlatStep& flat = walk.StepsOf(found->frame)[static_cast<std::size_t>(found->step)];
  if (flat.step->kind == StepKind::kRun) {
    const auto contexts = StepContexts(*place, found->frame, *flat.step, *found->state);
    if (!contexts) return std::unexpected(contexts.error());
    auto order = RunOrder(*place, found->frame, *flat.step, *found->state, *contexts);
    if (order) Put(variables.of_steps, *order);
    return order;
  }
  const LoadedAction& loaded = place->leg->actions.at(flat.step->uses->text);
  const auto plan = PlanAction(flat.step->uses->text, loaded);
  if (!plan) return std::unexpected(plan.error());
  const std::string& script = found->stage == "pre" ? plan->pre : found->stage == "post" ? plan->post : plan->main;
  auto order = ActionOrder(*place, found->frame, *flat.step, *found->state, *plan, loaded, script, found->stage);
  if (order) {
    Put(variables.of_actions, *order);
    Put(variables.of_steps, *order);
  }
  return order;
}

}  // namespace tuesday::workflow
