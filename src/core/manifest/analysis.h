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
#include "core/manifest/pod.h"

namespace tuesday::manifest {

struct AnalysisArg {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::pair<std::string, std::string>> secret_key;  // (secret, key)
  std::optional<std::string> field_path;
  std::optional<std::string> pod_template_hash;  // "Stable" or "Latest".
  friend bool operator==(const AnalysisArg&, const AnalysisArg&) = default;
};

// A header of an outbound request. Texts may hold `{{args.x}}`, as everywhere below.
struct AskHeader {
  std::string key;
  std::string value;
  std::optional<std::pair<std::string, std::string>> secret_key;  // (secret, key): the value.
  friend bool operator==(const AskHeader&, const AskHeader&) = default;
};
// Signing in by client credentials (RFC 6749 4.4): a token is fetched before each request.
struct OAuth2 {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> scopes;
  friend bool operator==(const OAuth2&, const OAuth2&) = default;
};
// Signing in with a name and a password (RFC 7617).
struct BasicAuth {
  std::string username;
  std::string password;
  friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};
// What every outbound request has.
struct AskSettings {
  std::vector<AskHeader> headers;
  std::optional<int> timeout_seconds;
  bool insecure = false;  // Any certificate is taken.
  std::optional<OAuth2> oauth2;
  std::optional<BasicAuth> basic_auth;  // Not beside oauth2.
  friend bool operator==(const AskSettings&, const AskSettings&) = default;
};

// How an external Prometheus is asked (annotations of the template): what a query means to version 3, asked of version 2; and
// whether its series have the label `canary`, or only `revision`.
enum class PrometheusVersion { k3, k2 };
enum class PrometheusCanary { kLabel, kRevision };

// A measurement over a range of instants: expressions of `core/condition/moment.h` and a Go duration.
struct RangeQuery {
  std::string start;
  std::string end;
  std::string step;
  friend bool operator==(const RangeQuery&, const RangeQuery&) = default;
};

struct PrometheusProvider {
  std::string address;  // Empty: the embedded store.
  std::string query;
  std::optional<RangeQuery> range = {};  // Unset: at the instant of asking.
  AskSettings ask;
  friend bool operator==(const PrometheusProvider&, const PrometheusProvider&) = default;
};
struct WebProvider {
  std::string method = "GET";
  std::string url;
  std::string body;
  bool is_json_body = false;
  std::string json_path;  // Empty: the whole answer.
  AskSettings ask;
  friend bool operator==(const WebProvider&, const WebProvider&) = default;
};
struct JobProvider {
  PodSpec pod;  // With exactly one container, whose image may be empty: a command of the machine.
  int backoff_limit = 6;
  std::optional<Duration> active_deadline;
  friend bool operator==(const JobProvider&, const JobProvider&) = default;
};
// A provider that is understood and not executed by this engine: refused by name when a rollout needs it.
struct OtherProvider {
  std::string name;  // "datadog", "newRelic", ...
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
  std::variant<PrometheusProvider, WebProvider, JobProvider, OtherProvider> provider;
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
