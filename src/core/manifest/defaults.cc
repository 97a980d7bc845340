// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/defaults.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "core/manifest/check/rules.h"

namespace tuesday::manifest {
namespace {

constexpr int kServicePort = 80;

const Rollout& RolloutOf(const Object& object) {
  const Rollout* rollout = std::get_if<Rollout>(&object.body);
  CHECK(rollout != nullptr, "defaults are for rollouts");
  return *rollout;
}

const ContainerPort* FirstPort(const Rollout& rollout) {
  if (rollout.pod.containers.empty() || rollout.pod.containers.front().ports.empty()) return nullptr;
  return &rollout.pod.containers.front().ports.front();
}

Object Make(const Object& rollout, std::string_view api_version, std::string_view kind, const std::string& name, SourcePos at) {
  Object object;
  object.api_version = api_version;
  object.kind = kind;
  object.metadata.name = name;
  object.metadata.ns = rollout.metadata.ns;
  object.at = std::move(at);
  return object;
}

DefaultObject MakeService(const Object& rollout, const std::string& name, SourcePos at) {
  const Rollout& body = RolloutOf(rollout);
  Service service;
  service.selector = body.match_labels;
  const ContainerPort* port = FirstPort(body);
  const std::string target = port == nullptr ? std::string() : std::to_string(port->port);
  service.ports.push_back({.name = "http", .port = kServicePort, .target_port = target});
  DefaultObject made{Make(rollout, "v1", "Service", name, std::move(at)), {}};
  made.object.body = std::move(service);
  made.sentence = fmt::format("Service {} is given by no file: made with defaults on one machine (port {} to {}).", name,
                              kServicePort, port == nullptr ? "the instance's own" : target);
  return made;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// The port of a given Service that an Ingress path can name; a made one has 80.
std::string PortOf(const Object* service) {
  if (service == nullptr) return std::to_string(kServicePort);
  const std::vector<ServicePort>& ports = std::get<Service>(service->body).ports;
  return std::to_string(ports.empty() ? kServicePort : ports.front().port);
}

DefaultObject MakeIngress(const Object& rollout, const Namespace& ns, const std::string& name, const std::string& service,
                          const std::string& port, SourcePos at) {
  IngressPath path;
  path.host = Lower(fmt::format("{}.{}.localhost", rollout.metadata.name, ns.str()));
  path.service = service;
  path.service_port = port;
  DefaultObject made{Make(rollout, "networking.k8s.io/v1", "Ingress", name, std::move(at)), {}};
  made.sentence =
      fmt::format("Ingress {} is given by no file: made with defaults on one machine (host {}, path /).", name, path.host);
  made.object.body = Ingress{.paths = {path}, .tls = {}};
  return made;
}

bool Selects(const Service& service, const PodSpec& pod) {
  return !service.selector.empty() && std::all_of(service.selector.begin(), service.selector.end(), [&pod](const auto& label) {
    const auto found = pod.labels.find(label.first);
    return found != pod.labels.end() && found->second == label.second;
  });
}

const Object* SelectingService(const Object& rollout, std::span<const Object> objects, const CheckContext& context) {
  const Namespace ns = NamespaceOf(rollout, context);
  for (const std::span<const Object> from : {objects, context.known}) {
    for (const Object& object : from) {
      const Service* service = std::get_if<Service>(&object.body);
      if (service != nullptr && NamespaceOf(object, context) == ns && Selects(*service, RolloutOf(rollout).pod)) return &object;
    }
  }
  return nullptr;
}

bool AnyIngressLeadsTo(const std::string& service, const Namespace& ns, std::span<const Object> objects,
                       const CheckContext& context) {
  for (const std::span<const Object> from : {objects, context.known}) {
    for (const Object& object : from) {
      const Ingress* ingress = std::get_if<Ingress>(&object.body);
      if (ingress == nullptr || NamespaceOf(object, context) != ns) continue;
      const auto leads = [&service](const IngressPath& path) { return path.service == service; };
      if (std::any_of(ingress->paths.begin(), ingress->paths.end(), leads)) return true;
    }
  }
  return false;
}

}  // namespace

std::string StableServiceName(const Object& rollout, std::span<const Object> objects, const CheckContext& context) {
  const ServiceNames services = ServicesOf(RolloutOf(rollout));
  if (!services.stable.empty()) return services.stable;
  const Object* selecting = SelectingService(rollout, objects, context);
  return selecting != nullptr ? selecting->metadata.name : rollout.metadata.name;
}

std::vector<DefaultObject> DefaultObjects(const Object& rollout, std::span<const Object> objects, const CheckContext& context) {
  const Rollout& body = RolloutOf(rollout);
  const ServiceNames services = ServicesOf(body);
  const auto* canary = std::get_if<CanaryStrategy>(&body.strategy);
  const bool routed = canary != nullptr && canary->traffic_routing.has_value();
  const Namespace ns = NamespaceOf(rollout, context);
  std::vector<DefaultObject> made;
  const bool named = !services.next.empty() || !services.stable.empty() || routed;
  if (!named && FirstPort(body) == nullptr) return made;
  const auto service = [&](const std::string& name, std::string_view field) {
    if (name.empty() || FindObject("Service", name, ns, objects, context) != nullptr) return;
    made.push_back(MakeService(rollout, name, PosOf(rollout, {"spec", "strategy", StrategyKey(body), field})));
  };
  service(services.next, services.next_field);
  const std::string stable = StableServiceName(rollout, objects, context);
  service(stable, services.stable_field);
  const std::string port = PortOf(FindObject("Service", stable, ns, objects, context));
  if (!routed || canary->traffic_routing->stable_ingresses.empty()) {
    const bool taken = FindObject("Ingress", rollout.metadata.name, ns, objects, context) != nullptr;
    if (taken || AnyIngressLeadsTo(stable, ns, objects, context)) return made;
    made.push_back(MakeIngress(rollout, ns, rollout.metadata.name, stable, port, rollout.at));
    return made;
  }
  for (const std::string& name : canary->traffic_routing->stable_ingresses) {
    if (FindObject("Ingress", name, ns, objects, context) != nullptr) continue;
    const SourcePos at = PosOf(rollout, {"spec", "strategy", "canary", "trafficRouting", "nginx", "stableIngress"});
    made.push_back(MakeIngress(rollout, ns, name, stable, port, at));
  }
  return made;
}

}  // namespace tuesday::manifest
