// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "control/apply/resolve.h"

namespace tuesday::control {

namespace {

// What the edge can ask as the probe asks: where requests go, and with no headers of its own. Else it only connects, because a
// check that asks something else would take instances out that are well.
std::string EdgeCheckPath(const manifest::Rollout& rollout) {
  if (rollout.pod.containers.empty() || !rollout.pod.containers.front().readiness) return {};
  const manifest::Container& container = rollout.pod.containers.front();
  const auto* get = std::get_if<manifest::HttpGet>(&container.readiness->action);
  if (get == nullptr || !get->headers.empty() || get->scheme != "HTTP" || container.ports.empty()) return {};
  const manifest::ContainerPort& first = container.ports.front();
  return get->port == std::to_string(first.port) || (!first.name.empty() && get->port == first.name) ? get->path : "";
}

// Ingresses lead to a rollout when they name its stable service. A rule that names the service of the revision that is to
// come (preview, canary) leads to that one.
void TakeIngress(const Namespace& ns, const manifest::Ingress& ingress, state::Exposure& exposure) {
  bool leads_here = false;
  for (const manifest::IngressPath& path : ingress.paths) {
    const bool preview = path.service == exposure.canary_service;
    if (path.service != exposure.stable_service && !preview) continue;
    leads_here = true;
    exposure.rules.push_back({path.host, path.path, path.exact, preview ? std::optional(true) : std::nullopt});
  }
  if (!leads_here) return;
  for (const manifest::IngressTls& tls : ingress.tls) {
    exposure.tls.push_back({tls.hosts, tls.secret.empty() ? "" : ns.str() + "/" + tls.secret});
  }
}

void NoteIfMissing(const ObjectName& name, const TypedObjects& objects, state::Exposure& exposure) {
  if (objects.contains(name)) return;
  std::string made = name.kind + " " + name.ns.str() + "/" + name.name;
  if (std::ranges::find(exposure.made, made) == exposure.made.end()) exposure.made.push_back(std::move(made));
}

}  // namespace

state::Exposure ResolveExposure(const RolloutName& name, const manifest::Rollout& rollout, const TypedObjects& objects) {
  state::Exposure exposure;
  const auto* canary = std::get_if<manifest::CanaryStrategy>(&rollout.strategy);
  const manifest::ServiceNames services = manifest::ServicesOf(rollout);
  exposure.stable_service = services.stable;
  exposure.canary_service = services.next;
  exposure.services_swap = canary == nullptr;
  if (exposure.stable_service.empty()) exposure.stable_service = name.name;
  if (exposure.canary_service.empty()) exposure.canary_service = name.name + (canary == nullptr ? "-preview" : "-canary");
  exposure.check_path = EdgeCheckPath(rollout);
  NoteIfMissing({name.ns, "Service", exposure.stable_service}, objects, exposure);
  NoteIfMissing({name.ns, "Service", exposure.canary_service}, objects, exposure);
  for (const auto& [full, object] : objects) {
    if (full.ns != name.ns) continue;
    if (const auto* ingress = std::get_if<manifest::Ingress>(&object.body)) {
      TakeIngress(name.ns, *ingress, exposure);
    }
  }
  // The first rule is the address that people are shown.
  const auto previews =
      std::ranges::stable_partition(exposure.rules, [](const state::Exposure::Rule& rule) { return !rule.preview; });
  if (previews.begin() == exposure.rules.begin()) {
    exposure.rules.insert(exposure.rules.begin(), {name.name + "." + name.ns.str() + ".localhost", "/", false, std::nullopt});
    std::string ingress = name.name;
    if (canary != nullptr && canary->traffic_routing && !canary->traffic_routing->stable_ingresses.empty()) {
      ingress = canary->traffic_routing->stable_ingresses.front();
    }
    exposure.made.push_back("Ingress " + name.ns.str() + "/" + ingress + " (host " + exposure.rules.front().host + ", path /)");
  }
  return exposure;
}

}  // namespace tuesday::control
