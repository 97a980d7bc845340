// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/containers/containers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/expression/value/json.h"
#include "core/expression/value/text.h"
#include "core/workflow/container/options.h"
#include "core/workflow/run/containers/place_terms.h"
#include "core/workflow/run/step_scope.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

constexpr std::string_view kDockerPrefix = "docker://";
constexpr std::string_view kContainerWork = "/__w";

std::unexpected<EvaluationProblem> Wrong(std::string_view who, std::string what) {
  return std::unexpected(EvaluationProblem{fmt::format("{}: {}", who, what)});
}

Evaluated<std::string> TextAt(const Token& mapping, std::string_view key, const Contexts& contexts) {
  const Token* value = mapping.Find(key);
  return value == nullptr ? Evaluated<std::string>(std::string()) : EvaluateText(*value, contexts);
}

Evaluated<std::vector<std::string>> ListAt(const Token& mapping, std::string_view key, const Contexts& contexts) {
  std::vector<std::string> list;
  const Token* given = mapping.Find(key);
  if (given == nullptr) return list;
  const auto value = EvaluateToken(*given, contexts);
  if (!value) return std::unexpected(value.error());
  for (const Token& item : value->items) list.push_back(ToValue(item).ToText());
  return list;
}

// What is said must be something that a container can have, before anything begins.
Evaluated<bool> Check(const ContainerPlan& plan, std::string_view who) {
  if (const auto options = ParseContainerOptions(plan.options); !options) {
    return Wrong(who, "options: " + options.error());
  } else {
    for (const std::string& volume : options->volumes) {
      if (const auto parsed = ParseContainerVolume(volume); !parsed) return Wrong(who, parsed.error());
    }
  }
  for (const std::string& port : plan.ports) {
    if (const auto parsed = ParseContainerPort(port); !parsed) return Wrong(who, parsed.error());
  }
  for (const std::string& volume : plan.volumes) {
    if (const auto parsed = ParseContainerVolume(volume); !parsed) return Wrong(who, parsed.error());
  }
  return true;
}

Evaluated<ContainerPlan> PlanOf(const Token& token, std::string id, std::string_view who, const Contexts& contexts) {
  ContainerPlan plan;
  plan.id = std::move(id);
  const auto evaluated = token.IsExpression() ? EvaluateToken(token, contexts) : Evaluated<Token>(token);
  if (!evaluated) return std::unexpected(evaluated.error());
  if (!evaluated->Is(TokenKind::kMapping)) {
    plan.image = ToValue(*evaluated).ToText();
  } else {
    const auto image = TextAt(*evaluated, "image", contexts);
    if (!image) return std::unexpected(image.error());
    plan.image = *image;
  }
  if (plan.image.starts_with(kDockerPrefix)) plan.image.erase(0, kDockerPrefix.size());
  if (plan.image.empty() || !evaluated->Is(TokenKind::kMapping)) return plan;
  const auto options = TextAt(*evaluated, "options", contexts);
  if (!options) return std::unexpected(options.error());
  plan.options = *options;
  for (const auto& [key, list] : {std::pair("ports", &plan.ports), std::pair("volumes", &plan.volumes)}) {
    auto values = ListAt(*evaluated, key, contexts);
    if (!values) return std::unexpected(values.error());
    *list = std::move(*values);
  }
  if (const Token* env = evaluated->Find("env"); env != nullptr) {
    const auto pairs = EvaluatePairs(*env, contexts);
    if (!pairs) return std::unexpected(pairs.error());
    plan.environment = {pairs->begin(), pairs->end()};
  }
  if (const Token* credentials = evaluated->Find("credentials"); credentials != nullptr) {
    const auto pairs = EvaluatePairs(*credentials, contexts);
    if (!pairs) return std::unexpected(pairs.error());
    for (const auto& [key, value] : *pairs) (key == "username" ? plan.user : plan.password) = value;
  }
  const auto entrypoint = TextAt(*evaluated, "entrypoint", contexts);
  if (!entrypoint) return std::unexpected(entrypoint.error());
  plan.entrypoint = *entrypoint;
  const auto command = TextAt(*evaluated, "command", contexts);
  if (!command) return std::unexpected(command.error());
  if (!command->empty()) {
    const auto words = SplitCommand(*command);
    if (!words) return Wrong(who, "command: " + words.error());
    plan.command = *words;
  }
  if (const auto good = Check(plan, who); !good) return std::unexpected(good.error());
  return plan;
}

// All of them stand in one network: a port can have one owner.
Evaluated<bool> CheckPorts(const std::vector<ContainerPlan>& services) {
  std::map<std::pair<int, std::string>, std::pair<std::string, int>> owners;  // Port → who, and at which inner port.
  for (const ContainerPlan& service : services) {
    for (const std::string& text : service.ports) {
      const ContainerPort port = *ParseContainerPort(text);
      for (const int number : {port.container, port.host}) {
        if (number == 0) continue;
        const auto [owner, is_new] = owners.try_emplace({number, port.protocol}, service.id, port.container);
        if (is_new || (owner->second.first == service.id && owner->second.second == port.container)) continue;
        return Wrong("services",
                     fmt::format("{} and {} both want port {}. The containers of a job share one network: let one of "
                                 "them listen elsewhere (its image has a setting for that)",
                                 owner->second.first, service.id, number));
      }
    }
  }
  return true;
}

StageState* BeginStageOf(const LegState& leg) {
  const bool has = !leg.pre_stages.empty() && leg.pre_stages.front().frame == kContainersFrame;
  return has ? const_cast<StageState*>(&leg.pre_stages.front()) : nullptr;
}

std::string OutputOf(const StageState& stage, std::string_view name) {
  for (const auto& [key, value] : stage.run.outputs) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

Evaluated<LegContainers> ContainersOf(const LegPlace& place, const Contexts& contexts) {
  LegContainers containers;
  const Job& job = place.definition();
  if (job.container.has_value()) {
    auto plan = PlanOf(*job.container, "", "container", contexts);
    if (!plan) return std::unexpected(plan.error());
    if (!plan->image.empty()) containers.job = std::move(*plan);
  }
  if (!job.services.has_value()) return containers;
  const auto services = job.services->IsExpression() ? EvaluateToken(*job.services, contexts) : Evaluated<Token>(*job.services);
  if (!services) return std::unexpected(services.error());
  for (const Member& member : services->members) {
    const std::string who = "services." + member.key.text;
    auto plan = PlanOf(member.value, member.key.text, who, contexts);
    if (!plan) return std::unexpected(plan.error());
    if (!plan->image.empty()) containers.services.push_back(std::move(*plan));
  }
  if (const auto good = CheckPorts(containers.services); !good) return std::unexpected(good.error());
  return containers;
}

bool HasContainers(const LegState& leg) { return BeginStageOf(leg) != nullptr; }

bool InContainer(const LegState& leg) { return HasContainers(leg) && leg.pre_stages.front().step == 1; }

RunnerPaths PathsOf(const RunSpec& spec, const LegState& leg) {
  RunnerPaths paths = spec.paths;
  if (!InContainer(leg)) return paths;
  const std::string work = paths.temp.substr(0, paths.temp.rfind('/'));
  paths.workspace = paths.workspace.starts_with(work + "/") ? std::string(kContainerWork) + paths.workspace.substr(work.size())
                                                            : std::string(kContainerWork) + "/work";
  paths.temp = "/__w/_temp";
  paths.home = "/github/home";
  paths.event_file = "/github/workflow/event.json";
  paths.tool_cache = "/__t";
  return paths;
}

Evaluated<StepOrder> ContainersOrder(const LegPlace& place, const StageState& stage, ContainerTask task) {
  StepOrder order;
  order.id = fmt::format("{}.{}.{}", place.scope.spec->id, place.leg->key, stage.run.ordinal);
  order.ordinal = stage.run.ordinal;
  order.debug = place.scope.spec->debug;
  const auto contexts = EarlyContexts(place);
  if (!contexts) return std::unexpected(contexts.error());
  auto containers = ContainersOf(place, *contexts);
  if (!containers) return std::unexpected(containers.error());
  order.containers = ContainerOrder{task, {}};
  if (containers->job) order.containers->containers.push_back(std::move(*containers->job));
  for (ContainerPlan& service : containers->services) order.containers->containers.push_back(std::move(service));
  return order;
}

namespace {

// A path of the job as the container of an action sees it.
std::string Translated(const RunnerPaths& paths, const std::string& value) {
  for (const auto& [from, to] : {std::pair(paths.workspace, std::string("/github/workspace")),
                                 {paths.temp, std::string("/github/runner_temp")},
                                 {paths.home, std::string("/github/home")},
                                 {paths.event_file, std::string("/github/workflow/event.json")}}) {
    const bool below = value.starts_with(from) && (value.size() == from.size() || value[from.size()] == '/');
    if (below) return to + value.substr(from.size());
  }
  return value;
}

std::string InputOf(const Pairs& inputs, std::string_view name) {
  for (const auto& [key, value] : inputs) {
    if (expression::SameText(key, name)) return value;
  }
  return "";
}

Evaluated<std::vector<std::string>> ArgumentsOf(const ActionPlan& plan, const Contexts& contexts) {
  std::vector<std::string> words;
  if (!plan.args.has_value()) return words;
  const auto evaluated = EvaluateToken(*plan.args, contexts);
  if (!evaluated) return std::unexpected(evaluated.error());
  for (const Token& item : evaluated->items) words.push_back(ToValue(item).ToText());
  return words;
}

}  // namespace

Evaluated<bool> ToActionContainer(const LegPlace& place, const ActionPlan& plan, const LoadedAction& loaded,
                                  const Pairs& inputs, const std::string& entrypoint, Contexts contexts, StepOrder& order) {
  const RunnerPaths paths = PathsOf(*place.scope.spec, *place.leg);
  contexts.Set("inputs", ObjectOf(inputs));
  ContainerPlan container;
  if (plan.image.starts_with(kDockerPrefix)) {
    container.image = plan.image.substr(kDockerPrefix.size());
  } else {
    container.build_folder = loaded.folder;
    container.dockerfile = plan.image.starts_with("./") ? plan.image.substr(2) : plan.image;
  }
  // What the step says wins over the action's own (runner, ContainerActionHandler.cs).
  container.entrypoint = InputOf(inputs, "entrypoint");
  if (container.entrypoint.empty()) container.entrypoint = entrypoint;
  if (const std::string given = InputOf(inputs, "args"); !given.empty()) {
    const auto words = SplitCommand(given);
    if (!words) return Wrong("args", words.error());
    container.command = *words;
  } else if (plan.args.has_value()) {
    const auto words = ArgumentsOf(plan, contexts);
    if (!words) return std::unexpected(words.error());
    container.command = *words;
  }
  if (plan.env.has_value()) {
    const auto own = EvaluatePairs(*plan.env, contexts);
    if (!own) return std::unexpected(own.error());
    for (const auto& [name, value] : *own) order.environment.try_emplace(name, value);
  }
  for (auto& [name, value] : order.environment) value = Translated(paths, value);
  order.environment["HOME"] = "/github/home";
  order.working_dir = "/github/workspace";
  order.in_container = false;
  order.argv.clear();
  order.containers = ContainerOrder{ContainerTask::kRun, {std::move(container)}};
  return true;
}

PlaceTerms PlaceTermsOf(const RunSpec& spec, const RunState& state, const std::string& leg) {
  RunState copy = state;  // Places point into a state that they may change; this one is not kept.
  const auto place = FindLeg(spec, copy, leg);
  if (!place) return {.paths = spec.paths, .masks = SecretTextsOf(spec, {})};
  PlaceTerms terms{.paths = PathsOf(spec, *place->leg), .masks = SecretTextsOf(spec, *place->leg)};
  if (!HasContainers(*place->leg)) return terms;
  const auto contexts = EarlyContexts(*place);
  const auto containers = contexts ? ContainersOf(*place, *contexts) : std::unexpected(contexts.error());
  if (!containers) return terms;
  for (const ContainerPlan& service : containers->services) terms.service_names.push_back(service.id);
  return terms;
}

Value JobValue(const LegState& leg) {
  std::vector<std::pair<std::string, Value>> members = {{"status", ResultText(leg.status)}};
  const StageState* stage = BeginStageOf(leg);
  if (stage == nullptr) return Value::Object(std::move(members));
  if (InContainer(leg)) {
    members.emplace_back("container", Value::Object({{"id", OutputOf(*stage, kContainerOutput)},
                                                     {"network", OutputOf(*stage, kNetworkOutput)}}));
  }
  if (const std::string services = OutputOf(*stage, kServicesOutput); !services.empty()) {
    if (auto value = expression::ReadJson(services); value.has_value()) members.emplace_back("services", std::move(*value));
  }
  return Value::Object(std::move(members));
}

}  // namespace tuesday::workflow
