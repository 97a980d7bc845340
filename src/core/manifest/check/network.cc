// SPDX-License-Identifier: Apache-2.0
// The validations of references of Argo Rollouts 1.9 (validation_references.go), and what one machine adds for itself.
#include <fmt/format.h>

#include <algorithm>

#include "core/manifest/check/rules.h"
#include "core/manifest/defaults.h"

namespace tuesday::manifest {
namespace {

// Put into selectors by Argo's controller; it is no label of the template.
constexpr std::string_view kHashLabel = "rollouts-pod-template-hash";

void CheckService(const RolloutCheck& check, const std::string& name, std::string_view field) {
  if (name.empty()) return;
  const SourcePos at = PosOf(check.object, {"spec", "strategy", StrategyKey(check.rollout), field});
  const Object* object = check.Find("Service", name);
  if (object == nullptr) return;  // Told by what is made for it.
  const auto& service = std::get<Service>(object->body);
  for (const auto& [label, value] : service.selector) {
    const auto found = check.rollout.pod.labels.find(label);
    if (label == kHashLabel || (found != check.rollout.pod.labels.end() && found->second == value)) continue;
    check.Say(Severity::kError, at, "selector-mismatch",
              fmt::format("Service \"{}\" has unmatch label \"{}\" in rollout.", name, label),
              fmt::format("Its selector says {}={}; the template's labels do not.", label, value));
  }
  for (const ServicePort& port : service.ports) {
    const bool named = !port.target_port.empty() && port.target_port.find_first_not_of("0123456789") != std::string::npos;
    if (!named || check.rollout.pod.containers.empty()) continue;
    const std::vector<ContainerPort>& ports = check.rollout.pod.containers.front().ports;
    if (std::any_of(ports.begin(), ports.end(), [&port](const ContainerPort& p) { return p.name == port.target_port; }))
      continue;
    check.Say(Severity::kWarning, at, "unknown-port",
              fmt::format("Service {} sends to the port \"{}\", which the container does not name.", name, port.target_port),
              "Name the containerPort, or give `targetPort` as a number.");
  }
}

void CheckIngress(const RolloutCheck& check, const std::string& name, const SourcePos& at) {
  const Object* object = check.Find("Ingress", name);
  if (object == nullptr) return;
  const std::vector<IngressPath>& paths = std::get<Ingress>(object->body).paths;
  const std::string& stable = check.canary->stable_service;
  if (std::any_of(paths.begin(), paths.end(), [&stable](const IngressPath& path) { return path.service == stable; })) return;
  check.Say(Severity::kError, at, "ingress-mismatch",
            fmt::format("ingress `{}` has no rules using service {} backend.", name, stable),
            "Route a path of it to the stable Service.");
}

}  // namespace

void CheckNetwork(const RolloutCheck& check) {
  const ServiceNames services = ServicesOf(check.rollout);
  CheckService(check, services.next, services.next_field);
  CheckService(check, services.stable, services.stable_field);
  if (check.canary != nullptr && check.canary->traffic_routing) {
    const SourcePos at = PosOf(check.object, {"spec", "strategy", "canary", "trafficRouting", "nginx", "stableIngress"});
    for (const std::string& ingress : check.canary->traffic_routing->stable_ingresses) CheckIngress(check, ingress, at);
  }
  for (const DefaultObject& made : DefaultObjects(check.object, check.objects, check.context)) {
    check.Say(Severity::kNote, made.object.at, "made-with-defaults", made.sentence, "On Kubernetes a file must give it.");
  }
}

}  // namespace tuesday::manifest
