// SPDX-License-Identifier: Apache-2.0
// The ClusterAnalysisTemplates that exist without a file, as text: the reader of users' files reads them too.
// An empty result is an error of the measurement, never a success: the conditions index it.
#include "base/check.h"
#include "core/manifest/object.h"

namespace tuesday::manifest {
namespace {

constexpr std::string_view kText = R"(apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: success-rate
  annotations:
    summary: At least 99 % of the requests of 2 minutes end without a server error.
spec:
  args:
    - name: service-name
  metrics:
    - name: success-rate
      interval: 30s
      failureLimit: 2
      successCondition: result[0] >= 0.99
      provider:
        prometheus:
          query: |
            sum(rate(http_requests_total{service="{{args.service-name}}",status!~"5.."}[2m]))
            /
            sum(rate(http_requests_total{service="{{args.service-name}}"}[2m]))
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: error-rate
  annotations:
    summary: At most 1 % (argument max-error-rate) of the requests of 2 minutes end with a server error.
spec:
  args:
    - name: service-name
    - name: max-error-rate
      value: "0.01"
  metrics:
    - name: error-rate
      interval: 30s
      failureLimit: 2
      successCondition: result[0] <= {{args.max-error-rate}}
      provider:
        prometheus:
          query: |
            sum(rate(http_requests_total{service="{{args.service-name}}",status=~"5.."}[2m]))
            /
            sum(rate(http_requests_total{service="{{args.service-name}}"}[2m]))
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: latency-p99
  annotations:
    summary: The 99th percentile of the response times of 2 minutes is at most max-seconds.
spec:
  args:
    - name: service-name
    - name: max-seconds
      value: "0.5"
  metrics:
    - name: latency-p99
      interval: 30s
      failureLimit: 2
      successCondition: result[0] <= {{args.max-seconds}}
      provider:
        prometheus:
          query: |
            histogram_quantile(0.99,
              sum(rate(http_request_duration_seconds_bucket{service="{{args.service-name}}"}[2m])) by (le)
            )
)";

std::vector<Object> Read() {
  ReadResult result = ReadManifests(kText, "built-in");
  CHECK(result.findings.empty(), "the built-in templates are read without a finding");
  return std::move(result.objects);
}

}  // namespace

const std::vector<Object>& BuiltInTemplates() {
  static const std::vector<Object> kTemplates = Read();
  return kTemplates;
}

}  // namespace tuesday::manifest
