// SPDX-License-Identifier: Apache-2.0
// Services, Ingresses and VirtualServices that stand beside a rollout in its file (validation_references.go, istio.go).
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/lint/argo/tree.h"

namespace tuesday::lint {
namespace {

// Put into selectors by Argo's controller; it is no label of the template.
constexpr std::string_view kHashLabel = "rollouts-pod-template-hash";
constexpr std::string_view kManagedBy = "argo-rollouts.argoproj.io/managed-by-rollouts";

// Where a rollout may name a Service; a later one wins when two name the same.
struct ServiceField {
  std::string_view strategy;
  std::initializer_list<std::string_view> path;
  std::string_view field;
  std::string_view metadata;  // Labels that the controller adds to pods of that side.
};
const ServiceField kServiceFields[] = {
    {"canary", {"canaryService"}, "canary.canaryService", "canaryMetadata"},
    {"canary", {"stableService"}, "canary.stableService", "stableMetadata"},
    {"canary", {"pingPong", "pingService"}, "canary.pingPong.pingService", ""},
    {"canary", {"pingPong", "pongService"}, "canary.pingPong.pongService", ""},
    {"blueGreen", {"activeService"}, "blueGreen.activeService", "activeMetadata"},
    {"blueGreen", {"previewService"}, "blueGreen.previewService", "previewMetadata"},
};

void CheckService(const ArgoCheck& check, const YamlNode& service) {
  const std::string name = TextBelow(&service, {"metadata", "name"});
  const ServiceField* found = nullptr;
  for (const ServiceField& field : kServiceFields) {
    const YamlNode* strategy = Below(check.Spec(), {"strategy", field.strategy});
    if (!name.empty() && TextBelow(strategy, field.path) == name) found = &field;
  }
  const YamlNode* selector = Below(&service, {"spec", "selector"});
  if (found == nullptr || selector == nullptr) return;
  const YamlNode* labels = Below(check.Spec(), {"template", "metadata", "labels"});
  const YamlNode* added = Below(check.Spec(), {"strategy", found->strategy, found->metadata, "labels"});
  std::map<std::string, std::string> sorted;
  for (const YamlMember& member : selector->members) sorted[member.first.text] = member.second.text;
  for (const auto& [label, value] : sorted) {
    const auto has = [&](const YamlNode* of) { return Below(of, {label}) != nullptr && TextBelow(of, {label}) == value; };
    if (label == kHashLabel || has(labels) || has(added)) continue;
    check.Invalid(fmt::format("spec.strategy.{}", found->field), Shown(name),
                  fmt::format("Service {} has unmatch label {} in rollout", Shown(name), Shown(label)));
  }
}

bool HasRuleWithService(const YamlNode& ingress, const std::string& service) {
  for (const YamlNode& rule : Items(Below(&ingress, {"spec", "rules"}))) {
    for (const YamlNode& path : Items(Below(&rule, {"http", "paths"}))) {
      if (TextBelow(&path, {"backend", "service", "name"}) == service) return true;
      if (TextBelow(&path, {"backend", "serviceName"}) == service) return true;
    }
  }
  return false;
}

bool Lists(const YamlNode* list, const std::string& name) {
  return std::any_of(Items(list).begin(), Items(list).end(), [&](const YamlNode& item) { return item.text == name; });
}

// Only an Ingress that says whose it is can be wrong: others are matched by the Service that they should name.
void CheckIngress(const ArgoCheck& check, const YamlNode& ingress) {
  const YamlNode* routing = check.Routing();
  const std::string owner = TextBelow(&ingress, {"metadata", "annotations", kManagedBy});
  if (owner.empty() || owner != TextBelow(&check.rollout, {"metadata", "name"})) return;
  const std::string name = TextBelow(&ingress, {"metadata", "name"});
  std::string service = TextBelow(check.Canary(), {"stableService"});
  const bool nginx = Below(routing, {"nginx"}) != nullptr;
  const YamlNode* router = nginx ? Below(routing, {"nginx"}) : Below(routing, {"alb"});
  if (router == nullptr) return;
  const std::string one = nginx ? "stableIngress" : "ingress";
  const std::string several = nginx ? "stableIngresses" : "ingresses";
  if (!nginx && !TextBelow(router, {"rootService"}).empty()) service = TextBelow(router, {"rootService"});
  if (HasRuleWithService(ingress, service)) return;
  const bool listed = Lists(Below(router, {several}), name);
  check.Invalid(fmt::format("spec.strategy.canary.trafficRouting.{}.{}", nginx ? "nginx" : "alb", listed ? several : one),
                Shown(listed ? name : TextBelow(router, {one})),
                fmt::format("ingress `{}` has no rules using service {} backend", name, service));
}

// With ping-pong the two swap; to begin with ping is the stable one.
std::string ServiceOf(const ArgoCheck& check, std::string_view side) {
  const YamlNode* pair = Below(check.Canary(), {"pingPong"});
  if (pair != nullptr) return TextBelow(pair, {side == "canary" ? "pongService" : "pingService"});
  return TextBelow(check.Canary(), {std::string(side) + "Service"});
}

// Whether a route sends to both sides; empty when it does.
std::string WrongDestinations(const ArgoCheck& check, const YamlNode& route) {
  const YamlNode* rule = Below(check.Routing(), {"istio", "destinationRule"});
  const auto sends = [&](std::string_view key, const std::string& wanted) {
    const std::vector<YamlNode>& destinations = Items(Below(&route, {"route"}));
    return !wanted.empty() && std::any_of(destinations.begin(), destinations.end(), [&](const YamlNode& destination) {
      const std::string text = TextBelow(&destination, {"destination", key});
      return text == wanted || (key == "host" && text.substr(0, text.find('.')) == wanted);
    });
  };
  for (const auto& [word, side] : {std::pair("Canary", "canary"), std::pair("Stable", "stable")}) {
    const std::string name = rule != nullptr ? TextBelow(rule, {std::string(side) + "SubsetName"}) : ServiceOf(check, side);
    if (sends(rule != nullptr ? "subset" : "host", name)) continue;
    return rule != nullptr ? fmt::format("{} DestinationRule subset '{}' not found in route", word, name)
                           : fmt::format("{} Service '{}' not found in route", word, name);
  }
  return {};
}

// What is wrong with the HTTP routes that the rollout names, or with the only one; empty when nothing is.
std::string WrongRoutes(const ArgoCheck& check, const YamlNode& reference, const std::vector<YamlNode>& routes) {
  const std::vector<YamlNode>& names = Items(Below(&reference, {"routes"}));
  if (names.empty()) {
    if (routes.size() != 1) {
      return "spec.http[] should be set in VirtualService and it must have exactly one route when omitting "
             "spec.strategy.canary.trafficRouting.istio.virtualService.routes";
    }
    return WrongDestinations(check, routes.front());
  }
  for (const YamlNode& name : names) {
    const auto found = std::find_if(routes.begin(), routes.end(),
                                    [&](const YamlNode& route) { return TextBelow(&route, {"name"}) == name.text; });
    if (found == routes.end()) return fmt::format("HTTP Route '{}' is not found in the defined Virtual Service.", name.text);
    if (const std::string wrong = WrongDestinations(check, *found); !wrong.empty()) return wrong;
  }
  return {};
}

void CheckVirtualService(const ArgoCheck& check, const YamlNode& service) {
  const YamlNode* istio = Below(check.Routing(), {"istio"});
  const std::string name = TextBelow(&service, {"metadata", "name"});
  if (istio == nullptr) {
    const std::string rollout = TextBelow(&check.rollout, {"metadata", "name"});
    if (rollout.empty() || TextBelow(&service, {"metadata", "annotations", kManagedBy}) != rollout) return;
    check.Invalid("spec.strategy.canary.trafficRouting.istio", Shown(rollout),
                  "Rollout object is not configured with Istio traffic routing");
    return;
  }
  const auto judge = [&](const YamlNode& reference, const std::string& field) {
    const std::string wanted = TextBelow(&reference, {"name"});
    if (wanted.substr(0, wanted.find('.')) != name) return;
    const YamlNode* spec = Below(&service, {"spec"});
    const bool routed = Below(spec, {"http"}) != nullptr || Below(spec, {"tls"}) != nullptr || Below(spec, {"tcp"}) != nullptr;
    if (!routed) {
      check.Invalid(field, Shown(name), "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService");
    }
    if (Below(spec, {"http"}) == nullptr) return;
    const std::string wrong = WrongRoutes(check, reference, Items(Below(spec, {"http"})));
    if (!wrong.empty()) {
      check.Invalid(field, Shown(name), "Istio VirtualService has invalid HTTP routes. Error: " + wrong);
    }
  };
  const std::string path = "spec.strategy.canary.trafficRouting.istio.";
  if (const YamlNode* one = Below(istio, {"virtualService"})) judge(*one, path + "virtualService.name");
  for (const YamlNode& each : Items(Below(istio, {"virtualServices"}))) judge(each, path + "virtualServices.name");
}

}  // namespace

void CheckReferences(const ArgoCheck& check, const std::vector<const YamlNode*>& objects) {
  const auto each = [&](auto judge, std::string_view kind, std::initializer_list<std::string_view> groups) {
    for (const YamlNode* object : objects) {
      const bool ours = std::find(groups.begin(), groups.end(), GroupOf(*object)) != groups.end();
      if (ours && TextBelow(object, {"kind"}) == kind) judge(check, *object);
    }
  };
  each(CheckService, "Service", {""});
  each(CheckIngress, "Ingress", {"networking.k8s.io", "extensions"});
  each(CheckVirtualService, "VirtualService", {"networking.istio.io"});
}

}  // namespace tuesday::lint
