// SPDX-License-Identifier: Apache-2.0
// AnalysisTemplate as a value: fields of Argo Rollouts 1.9, analysis_types.go.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"
#include "base/time.h"

namespace tuesday::manifest {

struct AnalysisArg {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::pair<std::string, std::string>> secret_key;  // (secret, key)
  std::optional<std::string> field_path;
  std::optional<std::string> pod_template_hash;  // "Stable" or "Latest".
  friend bool operator==(const AnalysisArg&, const AnalysisArg&) = default;
};

struct PrometheusProvider {
  std::string address;  // Empty: the embedded store.
  std::string query;
  friend bool operator==(const PrometheusProvider&, const PrometheusProvider&) = default;
};
// A provider that is understood and not executed by this engine: refused by name when a rollout needs it.
struct OtherProvider {
  std::string name;  // "web", "job", "datadog", ...
  friend bool operator==(const OtherProvider&, const OtherProvider&) = default;
};

// Counts and durations may hold `{{args.x}}` in Argo, so they are kept as text here and resolved with the arguments.
struct Metric {
  std::string name;
  SourcePos at;
  std::string interval;
  std::string initial_delay;
  std::string count;
  std::string failure_limit;
  std::string inconclusive_limit;
  std::string consecutive_error_limit;
  std::string consecutive_success_limit;
  std::string success_condition;
  std::string failure_condition;
  std::variant<PrometheusProvider, OtherProvider> provider;
};

struct AnalysisTemplate {
  std::vector<AnalysisArg> args;
  std::vector<Metric> metrics;
  std::vector<std::string> dry_run;    // Regular expressions of metric names.
  std::vector<std::string> templates;  // Nested template names.
};

// A reference from a rollout, with its arguments.
struct AnalysisRef {
  struct Template {
    std::string name;
    bool cluster_scope = false;
    SourcePos at;
  };
  std::vector<Template> templates;
  std::vector<AnalysisArg> args;
  std::vector<std::string> dry_run;
};

}  // namespace tuesday::manifest
