// SPDX-License-Identifier: Apache-2.0
#include "app/cli/first/init_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::cli {
namespace {

constexpr std::size_t kNameCharsMax = 40;  // Services and alerts are called after it.
constexpr std::size_t kHostCharsMax = 253;

bool IsLabel(std::string_view text, std::size_t chars_max) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= chars_max && std::ranges::all_of(text, fits) && text.front() != '-' &&
         text.back() != '-';
}

constexpr std::string_view kRollout = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: @NAME@
spec:
  replicas: 3
  revisionHistoryLimit: 3
  selector:
    matchLabels: {app: @NAME@}
  strategy:
    canary:
      stableService: @NAME@
      canaryService: @NAME@-canary
      trafficRouting:
        nginx: {stableIngress: @NAME@}
      steps:
        - setWeight: 10
        - pause: {duration: 2m}
        - setWeight: 50
        - pause: {duration: 2m}
  template:
    metadata:
      labels: {app: @NAME@}
    spec:
      containers:
        - name: @NAME@
          image: @IMAGE@
          # The instance listens on the port that it finds in PORT; this is what the port is called in manifests.
          ports: [{containerPort: @PORT@}]
          readinessProbe:
            httpGet: {path: @HEALTH@, port: @PORT@}
            periodSeconds: 1
          livenessProbe:
            httpGet: {path: @HEALTH@, port: @PORT@}
            periodSeconds: 10
          resources:
            limits: {cpu: "1", memory: 512Mi}
)";

constexpr std::string_view kServices = R"(apiVersion: v1
kind: Service
metadata:
  name: @NAME@
spec:
  selector: {app: @NAME@}
  ports: [{port: 80, targetPort: @PORT@}]
---
apiVersion: v1
kind: Service
metadata:
  name: @NAME@-canary
spec:
  selector: {app: @NAME@}
  ports: [{port: 80, targetPort: @PORT@}]
)";

constexpr std::string_view kIngress = R"(apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: @NAME@
spec:
  rules:
    - host: @HOST@
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: @NAME@
                port: {number: 80}
)";

// Measured at the edge: the service needs no instrumentation.
constexpr std::string_view kRules = R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: @NAME@
spec:
  groups:
    - name: @NAME@
      interval: 5s
      rules:
        # More than one in a hundred of the new version's requests fail.
        - alert: CanaryErrors
          expr: |
            sum(rate(http_requests_total{status=~"5..",canary="true"}[1m]))
            > 0.01 * sum(rate(http_requests_total{canary="true"}[1m]))
          for: 15s
        # The new version's slowest hundredth takes half again as long as the old one's.
        - alert: CanarySlow
          expr: |
            histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary="true"}[1m])) by (le))
            > 1.5 * histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary="false"}[1m])) by (le))
          for: 30s
)";

std::string Filled(std::string_view pattern, const FirstService& service) {
  std::string text(pattern);
  const std::pair<std::string_view, std::string> words[] = {{"@NAME@", service.name},
                                                            {"@IMAGE@", service.image},
                                                            {"@HOST@", service.host},
                                                            {"@HEALTH@", service.health_path},
                                                            {"@PORT@", std::to_string(service.port)}};
  for (const auto& [word, value] : words) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size())) {
      text.replace(at, word.size(), value);
    }
  }
  return text;
}

}  // namespace

Result<void> CheckFirstName(const std::string& name) {
  if (IsLabel(name, kNameCharsMax)) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no name for a service.", name),
              fmt::format("Up to {} small letters, digits and hyphens: api, shop-front.", kNameCharsMax));
}

Result<void> CheckFirstHost(const std::string& host) {
  std::string_view rest = host;
  bool good = !host.empty() && host.size() <= kHostCharsMax;
  while (good && !rest.empty()) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    good = IsLabel(rest.substr(0, dot), kHostCharsMax);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (good && host.back() != '.') return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no host name.", host),
              "For example api.example.com, or api.localhost.");
}

Result<void> CheckFirstPath(const std::string& path) {
  const auto fits = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"'{}[],#&*!|>%@`\\?:").find(c) == std::string_view::npos;
  };
  if (path.starts_with('/') && std::ranges::all_of(path, fits)) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no path.", path), "For example /health.");
}

Result<void> CheckFirstImage(const std::string& image) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("./:@_-").find(c) != std::string_view::npos;
  };
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && colon + 1 < image.size() && image.find('/', colon) == std::string::npos;
  if (tagged && std::ranges::all_of(image, fits) && !image.ends_with(":latest")) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" names no version.", image),
              "A folder, or a reference with a tag that does not move: registry.example.com/api:v1.");
}

std::vector<FirstFile> FirstFiles(const FirstService& service) {
  return {{"rollout.yaml", Filled(kRollout, service)},
          {"services.yaml", Filled(kServices, service)},
          {"ingress.yaml", Filled(kIngress, service)},
          {"rules.yaml", Filled(kRules, service)}};
}

}  // namespace tuesday::cli
