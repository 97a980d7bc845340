// SPDX-License-Identifier: Apache-2.0
// Argo's rules for strategies and steps (validation.go, ValidateRolloutStrategy).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/time.h"
#include "core/lint/argo/tree.h"

namespace tuesday::lint {
namespace {

constexpr int kRevisionHistoryDefault = 10;
constexpr int kTrafficWeightDefault = 100;

bool Has(const YamlNode* node, std::string_view key) { return Below(node, {key}) != nullptr; }
std::string_view Word(bool value) { return value ? "true" : "false"; }

void CheckAntiAffinity(const ArgoCheck& check, const YamlNode* anti) {
  if (anti == nullptr) return;
  const YamlNode* preferred = Below(anti, {"preferredDuringSchedulingIgnoredDuringExecution"});
  const bool required = Has(anti, "requiredDuringSchedulingIgnoredDuringExecution");
  if ((preferred != nullptr) == required) {
    check.Invalid("spec.strategy.antiAffinity",
                  Shown(fmt::format("antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: {} "
                                    "antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: {}",
                                    Word(preferred != nullptr), Word(required))),
                  "AntiAffinity must have exactly one strategy listed");
  }
  if (preferred == nullptr) return;
  const YamlNode* weight = Below(preferred, {"weight"});
  const std::int64_t number = weight == nullptr ? 0 : weight->AsInt().value_or(0);
  if (number < 1 || number > 100) {
    check.Invalid("spec.strategy.antiAffinity.weight", std::to_string(number), "AntiAffinity weight must be between 1-100");
  }
}

void CheckBlueGreen(const ArgoCheck& check) {
  const YamlNode* blue_green = check.BlueGreen();
  const std::string active = TextBelow(blue_green, {"activeService"});
  if (active == TextBelow(blue_green, {"previewService"})) {
    check.Invalid("spec.strategy.activeService", Shown(active),
                  "This rollout uses the same service for the active and preview services, but two different services are "
                  "required.");
  }
  const YamlNode* history = Below(check.Spec(), {"revisionHistoryLimit"});
  const YamlNode* limit = Below(blue_green, {"scaleDownDelayRevisionLimit"});
  const std::int64_t kept = history == nullptr ? kRevisionHistoryDefault : history->AsInt().value_or(0);
  if (limit != nullptr && kept < limit->AsInt().value_or(0)) {
    check.Invalid("spec.strategy.scaleDownDelayRevisionLimit", Shown(limit),
                  "This rollout's revision history limit can not be smaller than the rollout's scale down limit");
  }
  CheckAntiAffinity(check, Below(blue_green, {"antiAffinity"}));
}

void CheckPingPong(const ArgoCheck& check) {
  const YamlNode* canary = check.Canary();
  const YamlNode* pair = Below(canary, {"pingPong"});
  if (pair == nullptr) return;
  constexpr const char* kBoth = "Ping service and Pong service must to be set to use Ping-Pong feature";
  const YamlNode* routing = check.Routing();
  const bool routed = Has(routing, "alb") || Has(routing, "istio");
  if (routing != nullptr && !routed) {
    check.Invalid("spec.strategy.trafficRouting.alb", "null",
                  "Ping-pong feature works with the ALB and Istio traffic routing only");
  }
  const std::string ping = TextBelow(pair, {"pingService"});
  const std::string pong = TextBelow(pair, {"pongService"});
  if (ping.empty()) check.Invalid("spec.strategy.pingPong.pingService", Shown(ping), kBoth);
  if (pong.empty()) check.Invalid("spec.strategy.pingPong.pongService", Shown(pong), kBoth);
  if (ping == pong) {
    check.Invalid(
        "spec.strategy.pingPong.pingService", Shown(ping),
        "This rollout uses the same service for the ping and pong services, but two different services are required.");
  }
  if (Has(routing, "alb") && TextBelow(routing, {"alb", "rootService"}).empty()) {
    check.Invalid("spec.strategy.trafficRouting.alb.rootService", "\"\"",
                  "Root service field is required for the configuration with ALB and ping-pong feature enabled");
  }
}

bool NeedsServices(const ArgoCheck& check) {
  const YamlNode* routing = check.Routing();
  const auto has = [&](std::string_view key) { return Has(routing, key); };
  return (has("alb") && !Has(check.Canary(), "pingPong")) ||
         (has("istio") && Below(routing, {"istio", "destinationRule"}) == nullptr && !Has(check.Canary(), "pingPong")) ||
         has("smi") || has("apisix") || has("ambassador") || has("nginx") || has("appMesh") || has("traefik");
}

void CheckServices(const ArgoCheck& check) {
  const std::string canary = TextBelow(check.Canary(), {"canaryService"});
  const std::string stable = TextBelow(check.Canary(), {"stableService"});
  if (!canary.empty() && canary == stable) {
    check.Invalid("spec.strategy.stableService", Shown(stable),
                  "This rollout uses the same service for the stable and canary services, but two different services are "
                  "required.");
  }
  CheckPingPong(check);
  if (!NeedsServices(check)) return;
  constexpr const char* kBoth = "Canary service and Stable service must to be set to use Traffic Routing";
  if (stable.empty()) check.Invalid("spec.strategy.stableService", Shown(stable), kBoth);
  if (canary.empty()) check.Invalid("spec.strategy.canaryService", Shown(canary), kBoth);
}

void CheckScaling(const ArgoCheck& check) {
  const YamlNode* canary = check.Canary();
  const YamlNode* delay = Below(canary, {"scaleDownDelaySeconds"});
  const bool dynamic = TextBelow(canary, {"dynamicStableScale"}) == "true";
  const YamlNode* routing = check.Routing();
  if (routing == nullptr) {
    if (delay != nullptr) {
      check.Invalid("spec.strategy.scaleDownDelaySeconds", Shown(delay),
                    "Canary scaleDownDelaySeconds can only be used with traffic routing");
    }
    if (dynamic) {
      check.Invalid("spec.strategy.dynamicStableScale", "true",
                    "Canary dynamicStableScale can only be used with traffic routing");
    }
    return;
  }
  if (delay != nullptr && dynamic) {
    check.Invalid("spec.strategy.dynamicStableScale", "true",
                  "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds");
  }
  const YamlNode* most = Below(routing, {"maxTrafficWeight"});
  if (most != nullptr && !Has(routing, "nginx") && !Has(routing, "plugins")) {
    check.Invalid("spec.strategy.trafficRouting.maxTrafficWeight", Shown(most),
                  "Canary maxTrafficWeight in traffic routing only support in Nginx and Plugins");
  }
}

// The pause in seconds; -1 for what is no duration.
std::int64_t PauseSeconds(const YamlNode& duration) {
  const YamlNode number{.kind = YamlNode::Kind::kScalar, .text = duration.text, .plain = true};
  if (const std::optional<std::int64_t> seconds = number.AsInt()) return *seconds;
  const Result<Duration> read = ParseGoDuration(duration.text);
  return read.has_value() ? std::chrono::duration_cast<std::chrono::seconds>(*read).count() : -1;
}

void CheckExperiment(const ArgoCheck& check, const YamlNode& step, const std::string& path) {
  const YamlNode* routing = check.Routing();
  const std::vector<YamlNode>& templates = Items(Below(&step, {"experiment", "templates"}));
  for (std::size_t i = 0; i < templates.size(); ++i) {
    const YamlNode* weight = Below(&templates[i], {"weight"});
    if (weight == nullptr) continue;
    const std::string field = fmt::format("{}.experiment.templates[{}].weight", path, i);
    if (routing == nullptr) {
      check.Invalid(field, Shown(weight), "Experiment template weight cannot be set unless TrafficRouting is enabled");
    } else if (!Has(routing, "alb") && !Has(routing, "smi") && !Has(routing, "istio") && !Has(routing, "plugins")) {
      check.Invalid(field, Shown(weight),
                    "Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this "
                    "time");
    }
  }
}

void CheckRouteSteps(const ArgoCheck& check, const YamlNode& step, const std::string& path) {
  const YamlNode* routing = check.Routing();
  const YamlNode* header = Below(&step, {"setHeaderRoute"});
  const YamlNode* mirror = Below(&step, {"setMirrorRoute"});
  if (header != nullptr && !Has(routing, "istio") && !Has(routing, "alb") && !Has(routing, "apisix") &&
      !Has(routing, "plugins")) {
    check.Invalid(path + ".setHeaderRoute", Shown(header),
                  "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix");
  }
  if (mirror != nullptr && !Has(routing, "istio")) {
    check.Invalid(path + ".setMirrorRoute", Shown(mirror), "SetMirrorRoute requires TrafficRouting, supports Istio only");
  }
  if (routing == nullptr || (header == nullptr && mirror == nullptr)) return;
  const YamlNode* managed = Below(routing, {"managedRoutes"});
  if (managed == nullptr) {
    check.Required("spec.strategy.trafficRouting.managedRoutes",
                   "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'");
    return;
  }
  const auto expect = [&](const YamlNode* route, const std::string& key) {
    const std::string name = TextBelow(route, {"name"});
    const bool found = std::any_of(Items(managed).begin(), Items(managed).end(),
                                   [&](const YamlNode& item) { return TextBelow(&item, {"name"}) == name; });
    if (route == nullptr || found) return;
    check.Invalid(path + "." + key, Shown(name),
                  "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes");
  };
  expect(header, "setHeaderRoute");
  expect(mirror, "setMirrorRoute");
}

constexpr const char* kOneOf = "Step must have one of the following set: experiment, setWeight, setCanaryScale or pause";

void CheckKinds(const ArgoCheck& check, const YamlNode& step, const std::string& path) {
  const auto lacks = [&](std::string_view key) { return Word(!Has(&step, key)); };
  const int given = static_cast<int>(Has(&step, "setWeight")) + static_cast<int>(Has(&step, "pause")) +
                    static_cast<int>(Has(&step, "experiment")) + static_cast<int>(Has(&step, "analysis"));
  if (given > 1) {
    check.Invalid(path,
                  Shown(fmt::format("step.Experiment: {} step.Pause: {} step.SetWeight: {} step.Analysis: {}",
                                    Word(Has(&step, "experiment")), Word(Has(&step, "pause")), Word(Has(&step, "setWeight")),
                                    Word(Has(&step, "analysis")))),
                  kOneOf);
  }
  if (given > 0 || Has(&step, "setCanaryScale") || Has(&step, "setHeaderRoute") || Has(&step, "setMirrorRoute") ||
      Has(&step, "plugin"))
    return;
  check.Invalid(
      path,
      Shown(fmt::format("step.Experiment: {} step.Pause: {} step.SetWeight: {} step.Analysis: {} step.SetCanaryScale: {} "
                        "step.SetHeaderRoute: {} step.SetMirrorRoutes: {}",
                        lacks("experiment"), lacks("pause"), lacks("setWeight"), lacks("analysis"), lacks("setCanaryScale"),
                        lacks("setHeaderRoute"), lacks("setMirrorRoute"))),
      kOneOf);
}

void CheckStep(const ArgoCheck& check, const YamlNode& step, const std::string& path) {
  CheckKinds(check, step, path);
  const YamlNode* most = Below(check.Routing(), {"maxTrafficWeight"});
  const std::int64_t weight_max = most == nullptr ? kTrafficWeightDefault : most->AsInt().value_or(kTrafficWeightDefault);
  if (const YamlNode* weight = Below(&step, {"setWeight"})) {
    const std::int64_t percent = weight->AsInt().value_or(0);
    if (percent < 0 || percent > weight_max) {
      check.Invalid(path + ".setWeight", Shown(weight), fmt::format("SetWeight needs to be between 0 and {}", weight_max));
    }
  }
  if (const YamlNode* duration = Below(&step, {"pause", "duration"})) {
    const std::int64_t seconds = PauseSeconds(*duration);
    if (seconds < 0) check.Invalid(path + ".pause.duration", std::to_string(seconds), "Duration needs to be greater than 0");
  }
  if (Has(&step, "setCanaryScale") && check.Routing() == nullptr) {
    check.Required("spec.strategy.trafficRouting", "SetCanaryScale requires TrafficRouting to be set");
  }
  CheckRouteSteps(check, step, path);
  CheckExperiment(check, step, path);
}

void CheckCanary(const ArgoCheck& check) {
  const YamlNode* canary = check.Canary();
  const YamlNode* surge = Below(canary, {"maxSurge"});
  const YamlNode* unavailable = Below(canary, {"maxUnavailable"});
  if (surge != nullptr && unavailable != nullptr && IntOrPercentValue(*surge) == 0 && IntOrPercentValue(*unavailable) == 0) {
    check.Invalid("spec.strategy.maxSurge", Shown(surge), "MaxSurge and MaxUnavailable both can not be zero");
  }
  CheckServices(check);
  CheckScaling(check);
  const std::vector<YamlNode>& steps = Items(Below(canary, {"steps"}));
  for (std::size_t i = 0; i < steps.size(); ++i) CheckStep(check, steps[i], fmt::format("spec.strategy.steps[{}]", i));
  CheckAntiAffinity(check, Below(canary, {"antiAffinity"}));
}

}  // namespace

void CheckStrategy(const ArgoCheck& check) {
  const bool has_canary = check.Canary() != nullptr;
  if (!has_canary && check.BlueGreen() == nullptr) {
    check.Required("spec.strategy.strategy", "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'");
  } else if (has_canary && check.BlueGreen() != nullptr) {
    check.Invalid("spec.strategy.strategy", "\"blueGreen: true canary: true\"", "Multiple Strategies can not be listed");
  } else if (has_canary) {
    CheckCanary(check);
  } else {
    CheckBlueGreen(check);
  }
}

}  // namespace tuesday::lint
