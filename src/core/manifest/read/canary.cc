// SPDX-License-Identifier: Apache-2.0
// `strategy.canary` but for its steps (Argo Rollouts 1.9, types.go, CanaryStrategy).
#include <fmt/format.h>

#include <array>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr std::size_t kStepsMax = 200;

constexpr auto kCanaryKeys = std::to_array<Key>({
    {"abortScaleDownDelaySeconds"},
    {"analysis"},
    {"antiAffinity", kRefused},
    {"canaryMetadata", kNoEffect},
    {"canaryService"},
    {"dynamicStableScale"},
    {"maxSurge"},
    {"maxUnavailable"},
    {"minPodsPerReplicaSet"},
    {"pingPong", kRefused},
    {"replicaProgressThreshold", kRefused},
    {"scaleDownDelayRevisionLimit"},
    {"scaleDownDelaySeconds"},
    {"stableMetadata", kNoEffect},
    {"stableService"},
    {"steps"},
    {"trafficRouting"},
});
constexpr auto kRoutingKeys = std::to_array<Key>({
    {"alb", kRefused},
    {"ambassador", kRefused},
    {"apisix", kRefused},
    {"appMesh", kRefused},
    {"istio", kRefused},
    {"managedRoutes", kRefused},
    {"maxTrafficWeight"},
    {"nginx"},
    {"plugins", kRefused},
    {"smi", kRefused},
    {"traefik", kRefused},
});
constexpr auto kNginxKeys = std::to_array<Key>({
    {"additionalIngressAnnotations", kNoEffect},
    {"annotationPrefix", kNoEffect},
    {"canaryIngressAnnotations", kNoEffect},
    {"stableIngress"},
    {"stableIngresses"},
});

void ReadNginx(Fields& routing, TrafficRouting& out) {
  const YamlNode* node = routing.FindMapping("nginx");
  if (node == nullptr) return;
  out.provider = "nginx";
  Fields nginx(routing.notes(), *node, routing.PathOf("nginx"), kNginxKeys);
  std::string one;
  const bool single = nginx.Read("stableIngress", one);
  if (single) out.stable_ingresses.push_back(one);
  const bool several = nginx.Read("stableIngresses", out.stable_ingresses);
  if (single && several) {
    routing.notes().Error(*node, "exactly-one",
                          fmt::format("`{}` has both `stableIngress` and `stableIngresses`.", nginx.path()),
                          "Keep one of the two.");
  }
  if (out.stable_ingresses.empty() && nginx.Find("stableIngress") == nullptr && nginx.Find("stableIngresses") == nullptr) {
    nginx.Require("stableIngress");
  }
}

TrafficRouting ReadRouting(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields routing(notes, node, path, kRoutingKeys);
  TrafficRouting out;
  for (const auto& [key, value] : node.members) {
    if (out.provider.empty() && key.text != "maxTrafficWeight" && key.text != "managedRoutes") out.provider = key.text;
  }
  ReadNginx(routing, out);
  if (routing.Read("maxTrafficWeight", out.max_traffic_weight, {.low = 1}) && routing.Find("nginx") == nullptr &&
      routing.Find("plugins") == nullptr) {
    notes.Error(*routing.Find("maxTrafficWeight"), "contradiction",
                "Canary maxTrafficWeight in traffic routing only support in Nginx and Plugins.", "Remove it.");
  }
  return out;
}

void CheckServices(Fields& canary, const CanaryStrategy& out) {
  Notes& notes = canary.notes();
  if (!out.canary_service.empty() && out.canary_service == out.stable_service) {
    notes.Error(
        *canary.Find("stableService"), "duplicate-service",
        "This rollout uses the same service for the stable and canary services, but two different services are required.",
        "Name another Service.");
  }
  // Routers that swap services, or split by subsets, do without the two; they are refused by name anyway.
  const bool needed = out.traffic_routing && canary.Find("pingPong") == nullptr &&
                      (out.traffic_routing->provider == "nginx" || out.traffic_routing->provider == "smi");
  if (needed && (out.canary_service.empty() || out.stable_service.empty())) {
    notes.Error(*canary.Find("trafficRouting"), "missing-field",
                "Canary service and Stable service must to be set to use Traffic Routing.",
                "Add `canaryService` and `stableService`.");
  }
}

void CheckScaling(Fields& canary, const CanaryStrategy& out) {
  Notes& notes = canary.notes();
  if (out.scale_down_delay && !out.traffic_routing) {
    notes.Error(*canary.Find("scaleDownDelaySeconds"), "contradiction",
                "Canary scaleDownDelaySeconds can only be used with traffic routing.", "Remove it, or add `trafficRouting`.");
  }
  if (out.dynamic_stable_scale) {
    const YamlNode& at = *canary.Find("dynamicStableScale");
    if (!out.traffic_routing) {
      notes.Error(at, "contradiction", "Canary dynamicStableScale can only be used with traffic routing.", "Remove it.");
    }
    if (out.scale_down_delay) {
      notes.Error(at, "contradiction", "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds.",
                  "Keep one of the two.");
    }
  }
  if (out.max_surge && out.max_unavailable && out.max_surge->value == 0 && out.max_unavailable->value == 0) {
    notes.Error(*canary.Find("maxSurge"), "contradiction", "MaxSurge and MaxUnavailable both can not be zero.",
                "Let one of them be at least 1.");
  }
}

}  // namespace

CanaryStrategy ReadCanary(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields canary(notes, node, path, kCanaryKeys);
  CanaryStrategy out;
  canary.Read("canaryService", out.canary_service);
  canary.Read("stableService", out.stable_service);
  canary.ReadIntOrPercent("maxSurge", out.max_surge);
  canary.ReadIntOrPercent("maxUnavailable", out.max_unavailable);
  canary.ReadSeconds("scaleDownDelaySeconds", out.scale_down_delay);
  canary.ReadSeconds("abortScaleDownDelaySeconds", out.abort_scale_down_delay);
  canary.Read("dynamicStableScale", out.dynamic_stable_scale);
  int pods_min = 0;
  if (canary.Read("minPodsPerReplicaSet", pods_min)) out.min_pods_per_replica_set = pods_min;
  int waiting = 0;
  if (canary.Read("scaleDownDelayRevisionLimit", waiting)) out.scale_down_delay_revision_limit = waiting;
  if (const YamlNode* routing = canary.FindMapping("trafficRouting")) {
    out.traffic_routing = ReadRouting(notes, *routing, canary.PathOf("trafficRouting"));
  }
  if (const YamlNode* analysis = canary.FindMapping("analysis")) {
    out.analysis = ReadAnalysisRef(notes, *analysis, canary.PathOf("analysis"), &out.analysis_starting_step);
  }
  CheckServices(canary, out);
  CheckScaling(canary, out);
  canary.Each("steps", [&](const YamlNode& item, const std::string& item_path) {
    out.steps.push_back(ReadStep(notes, item, item_path, out));
  });
  if (out.steps.size() > kStepsMax) {
    notes.Error(*canary.Find("steps"), "limit", fmt::format("`{}` has {} steps.", canary.PathOf("steps"), out.steps.size()),
                fmt::format("The limit is {}.", kStepsMax));
  }
  if (out.analysis && out.analysis_starting_step > static_cast<int>(out.steps.size())) {
    notes.Error(*canary.Find("analysis"), "out-of-range",
                fmt::format("`{}.startingStep` is {}, past the last of {} steps.", canary.PathOf("analysis"),
                            out.analysis_starting_step, out.steps.size()),
                "The analysis would never start.");
  }
  return out;
}

}  // namespace tuesday::manifest
