// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/unsupported.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tuesday::manifest {
namespace {

constexpr auto kNames = std::to_array<UnsupportedName>({
    {"AnalysisRun", "an analysis that runs by itself"},
    {"Experiment", "instances beside a rollout for a while"},
    {"alb", "traffic through an AWS load balancer"},
    {"ambassador", "traffic through Ambassador mappings"},
    {"antiAffinity", "keeping revisions on different nodes"},
    {"apisix", "traffic through APISIX routes"},
    {"appMesh", "traffic through AWS App Mesh"},
    {"cloudWatch", "measurements by AWS CloudWatch"},
    {"containers", "more than one container in an instance"},
    {"datadog", "measurements by Datadog"},
    {"experiment", "a step that runs instances beside the rollout"},
    {"graphite", "measurements by Graphite"},
    {"grpc", "a probe that speaks gRPC"},
    {"influxdb", "measurements by InfluxDB"},
    {"initContainers", "containers that run before the service starts"},
    {"istio", "traffic through an Istio mesh"},
    {"kayenta", "measurements by Kayenta"},
    {"managedRoutes", "routes that steps make and remove"},
    {"matchExpressions", "selecting by expressions"},
    {"newRelic", "measurements by New Relic"},
    {"pingPong", "two services that swap their roles"},
    {"plugin", "code of somebody else inside a step or a measurement"},
    {"plugins", "traffic through a plugin"},
    {"replicaProgressThreshold", "moving on before all canary instances are available"},
    {"resourceFieldRef", "a variable from the container's limits"},
    {"setHeaderRoute", "a step that routes by header"},
    {"setMirrorRoute", "a step that mirrors requests"},
    {"sigv4", "signing requests as AWS wants it"},
    {"skywalking", "measurements by SkyWalking"},
    {"smi", "traffic through a Service Mesh Interface split"},
    {"traefik", "traffic through Traefik"},
    {"wavefront", "measurements by Wavefront"},
    {"workloadRef", "taking the pod template from another object"},
});

}  // namespace

std::span<const UnsupportedName> UnsupportedNames() { return kNames; }

Finding UnsupportedFinding(std::string_view name, std::string_view path, SourcePos at) {
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [name](const UnsupportedName& known) { return known.name == name; });
  CHECK(found != kNames.end(), "a refused name is in the list of refused names");
  std::string message = fmt::format("`{}` is not supported yet: {}", name, found->what);
  message += path.empty() || path == name ? "." : fmt::format(" (`{}`).", path);
  return {std::move(at), Severity::kError, std::string(kUnsupportedRule), std::move(message), "Remove it."};
}

std::string_view RefusedName(const Finding& finding) {
  if (finding.rule != kUnsupportedRule) return {};
  for (const UnsupportedName& known : kNames) {
    if (finding.message.starts_with(fmt::format("`{}` ", known.name))) return known.name;
  }
  return {};
}

}  // namespace tuesday::manifest
