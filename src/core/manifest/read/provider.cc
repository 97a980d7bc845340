// SPDX-License-Identifier: Apache-2.0
// Whom a metric asks (Argo Rollouts 1.9, analysis_types.go, MetricProvider; Kubernetes batch/v1, JobSpec).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr int kAskSecondsMax = 300;

constexpr auto kProviderKeys = std::to_array<Key>({
    {"cloudWatch"},
    {"datadog"},
    {"graphite"},
    {"influxdb"},
    {"job"},
    {"kayenta"},
    {"newRelic"},
    {"plugin"},
    {"prometheus"},
    {"skywalking"},
    {"wavefront"},
    {"web"},
});
constexpr auto kPrometheusKeys = std::to_array<Key>({
    {"address"},
    {"authentication"},
    {"headers"},
    {"insecure"},
    {"query"},
    {"rangeQuery"},
    {"timeout"},
});
constexpr auto kWebKeys = std::to_array<Key>({
    {"authentication"},
    {"body"},
    {"headers"},
    {"insecure"},
    {"jsonBody"},
    {"jsonPath"},
    {"method"},
    {"timeoutSeconds"},
    {"url"},
});
constexpr auto kRangeQueryKeys = std::to_array<Key>({{"end"}, {"start"}, {"step"}});
constexpr auto kAuthenticationKeys = std::to_array<Key>({{"basicAuth"}, {"oauth2"}, {"sigv4"}});
constexpr auto kBasicAuthKeys = std::to_array<Key>({{"password"}, {"username"}});
constexpr auto kOAuth2Keys = std::to_array<Key>({{"clientId"}, {"clientSecret"}, {"scopes"}, {"tokenUrl"}});
constexpr auto kHeaderKeys = std::to_array<Key>({{"key"}, {"value"}, {"valueFrom"}});
constexpr auto kHeaderFromKeys = std::to_array<Key>({{"secretKeyRef"}});
constexpr auto kSecretRefKeys = std::to_array<Key>({{"key"}, {"name"}, {"optional", kNoEffect}});
constexpr auto kJobKeys = std::to_array<Key>({{"metadata"}, {"spec"}});
constexpr auto kJobSpecKeys = std::to_array<Key>({
    {"activeDeadlineSeconds"},
    {"backoffLimit"},
    {"backoffLimitPerIndex", kNoEffect},
    {"completionMode", kNoEffect},
    {"completions", kNoEffect},
    {"managedBy", kNoEffect},
    {"manualSelector", kNoEffect},
    {"maxFailedIndexes", kNoEffect},
    {"parallelism", kNoEffect},
    {"podFailurePolicy", kNoEffect},
    {"podReplacementPolicy", kNoEffect},
    {"selector", kNoEffect},
    {"successPolicy", kNoEffect},
    {"suspend", kNoEffect},
    {"template"},
    {"ttlSecondsAfterFinished", kNoEffect},
});

// Neither a name nor a value may begin another header.
bool IsOneLine(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

AskHeader ReadHeader(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kHeaderKeys);
  AskHeader out;
  if (fields.Require("key") != nullptr) fields.Read("key", out.key);
  fields.Read("value", out.value);
  if (const YamlNode* from = fields.FindMapping("valueFrom")) {
    Fields source(notes, *from, fields.PathOf("valueFrom"), kHeaderFromKeys);
    source.Require("secretKeyRef");
    if (const YamlNode* secret = source.FindMapping("secretKeyRef")) {
      Fields reference(notes, *secret, source.PathOf("secretKeyRef"), kSecretRefKeys);
      out.secret_key.emplace();
      if (reference.Require("name") != nullptr) reference.Read("name", out.secret_key->first);
      if (reference.Require("key") != nullptr) reference.Read("key", out.secret_key->second);
    }
  }
  if (!IsOneLine(out.key) || !IsOneLine(out.value) || out.key.find_first_of(": ") != std::string::npos) {
    notes.Error(node, "unknown-value", fmt::format("`{}` is no header.", path), "Write the name without a colon, on one line.");
  }
  return out;
}

// Both are signed by the header Authorization: one of them would be sent and nobody could say which.
void CheckOneWay(Fields& authentication, const YamlNode& node, const AskSettings& out) {
  const bool by_header = std::ranges::any_of(out.headers, [](const AskHeader& header) {
    return std::ranges::equal(header.key, std::string_view("authorization"),
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  });
  const int ways = (out.basic_auth ? 1 : 0) + (out.oauth2 ? 1 : 0) + (by_header ? 1 : 0);
  if (ways < 2) return;
  authentication.notes().Error(
      node, "exactly-one",
      fmt::format("`{}` signs in by more than one of basicAuth, oauth2 and a header Authorization.", authentication.path()),
      "Keep one.");
}

void ReadBasicAuth(Fields& authentication, const YamlNode& node, AskSettings& out) {
  Fields fields(authentication.notes(), node, authentication.PathOf("basicAuth"), kBasicAuthKeys);
  out.basic_auth.emplace();
  if (fields.Require("username") != nullptr) fields.Read("username", out.basic_auth->username);
  if (fields.Require("password") != nullptr) fields.Read("password", out.basic_auth->password);
}

void ReadOAuth2(Fields& authentication, const YamlNode& node, AskSettings& out) {
  Fields oauth2(authentication.notes(), node, authentication.PathOf("oauth2"), kOAuth2Keys);
  out.oauth2.emplace();
  if (oauth2.Require("tokenUrl") != nullptr) oauth2.Read("tokenUrl", out.oauth2->token_url);
  if (oauth2.Require("clientId") != nullptr) oauth2.Read("clientId", out.oauth2->client_id);
  if (oauth2.Require("clientSecret") != nullptr) oauth2.Read("clientSecret", out.oauth2->client_secret);
  oauth2.Read("scopes", out.oauth2->scopes);
}

void ReadAuthentication(Fields& provider, AskSettings& out) {
  const YamlNode* node = provider.FindMapping("authentication");
  if (node == nullptr) return;
  Notes& notes = provider.notes();
  Fields fields(notes, *node, provider.PathOf("authentication"), kAuthenticationKeys);
  // Argo's own examples give every way with empty values.
  const auto is_given = [](const YamlNode* way) {
    return way != nullptr && std::ranges::any_of(way->members, [](const YamlMember& member) {
             return !member.second.IsNull() && !(member.second.IsScalar() && member.second.text.empty());
           });
  };
  if (is_given(fields.FindMapping("sigv4"))) notes.Refuse(*fields.Find("sigv4"), "sigv4", fields.PathOf("sigv4"));
  if (const YamlNode* basic = fields.FindMapping("basicAuth"); is_given(basic)) ReadBasicAuth(fields, *basic, out);
  if (const YamlNode* oauth2 = fields.FindMapping("oauth2"); is_given(oauth2)) ReadOAuth2(fields, *oauth2, out);
  CheckOneWay(fields, *node, out);
}

void ReadAsk(Fields& provider, std::string_view timeout_key, AskSettings& out) {
  provider.Each("headers", [&](const YamlNode& node, const std::string& path) {
    out.headers.push_back(ReadHeader(provider.notes(), node, path));
  });
  int seconds = 0;
  if (provider.Find(timeout_key) != nullptr && provider.Read(timeout_key, seconds, {1, kAskSecondsMax})) {
    out.timeout_seconds = seconds;
  }
  provider.Read("insecure", out.insecure);
  ReadAuthentication(provider, out);
}

RangeQuery ReadRangeQuery(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kRangeQueryKeys);
  RangeQuery out;
  if (fields.Require("start") != nullptr) fields.Read("start", out.start);
  if (fields.Require("end") != nullptr) fields.Read("end", out.end);
  if (fields.Require("step") != nullptr) fields.Read("step", out.step);
  return out;
}

PrometheusProvider ReadPrometheus(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kPrometheusKeys);
  PrometheusProvider out;
  fields.Read("address", out.address);
  if (fields.Require("query") != nullptr) fields.Read("query", out.query);
  if (const YamlNode* range = fields.FindMapping("rangeQuery")) {
    out.range = ReadRangeQuery(notes, *range, fields.PathOf("rangeQuery"));
  }
  ReadAsk(fields, "timeout", out.ask);
  if (out.address.empty() && out.ask != AskSettings{}) {
    notes.Warn(node, "no-effect",
               fmt::format("`{}` has no `address`: tuesday's own metrics are asked, without a request.", path),
               "Remove headers, timeout, insecure and authentication, or give an `address`.");
  }
  return out;
}

// YAML as the JSON that it stands for, for a body.
Json BodyOf(const YamlNode& node) {
  if (node.IsMapping()) {
    Json::Object object;
    for (const YamlMember& member : node.members) object.insert_or_assign(member.first.text, BodyOf(member.second));
    return Json(std::move(object));
  }
  if (node.IsSequence()) {
    Json::Array array;
    for (const YamlNode& item : node.items) array.push_back(BodyOf(item));
    return Json(std::move(array));
  }
  if (node.IsNull()) return {};
  if (node.AsBool()) return *node.AsBool();
  if (node.AsInt()) return *node.AsInt();
  if (node.AsDouble()) return *node.AsDouble();
  return Json(node.text);
}

WebProvider ReadWeb(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kWebKeys);
  WebProvider out;
  if (fields.Require("url") != nullptr) fields.Read("url", out.url);
  if (fields.Read("method", out.method) && out.method != "GET" && out.method != "POST" && out.method != "PUT") {
    notes.Error(*fields.Find("method"), "unknown-value", fmt::format("`{}` is \"{}\".", fields.PathOf("method"), out.method),
                "It must be GET, POST or PUT.");
  }
  fields.Read("body", out.body);
  fields.Read("jsonPath", out.json_path);
  if (const YamlNode* body = fields.Find("jsonBody")) {
    if (!out.body.empty()) {
      notes.Error(*body, "exactly-one", fmt::format("`{}` has both `body` and `jsonBody`.", path), "Keep one of the two.");
    }
    out.body = CanonicalJson(BodyOf(*body));
    out.is_json_body = true;
  }
  if (out.method == "GET" && !out.body.empty()) {
    notes.Error(node, "contradiction", fmt::format("`{}` has a body, and its method is GET.", path),
                "Write `method: POST`, or remove the body.");
  }
  ReadAsk(fields, "timeoutSeconds", out.ask);
  return out;
}

JobProvider ReadJob(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kJobKeys);
  JobProvider out;
  fields.FindMapping("metadata");  // Its labels select nothing here, and may hold arguments of the template.
  if (fields.Require("spec") == nullptr) return out;
  const YamlNode* node_of_spec = fields.FindMapping("spec");
  if (node_of_spec == nullptr) return out;
  Fields spec(notes, *node_of_spec, fields.PathOf("spec"), kJobSpecKeys);
  spec.Read("backoffLimit", out.backoff_limit);
  spec.ReadSeconds("activeDeadlineSeconds", out.active_deadline, {1});
  if (spec.Require("template") == nullptr) return out;
  if (const YamlNode* pod = spec.FindMapping("template")) out.pod = ReadJobTemplate(notes, *pod, spec.PathOf("template"));
  return out;
}

}  // namespace

void ReadProvider(Fields& metric, Metric& out) {
  if (metric.Require("provider") == nullptr) return;
  const YamlNode* node = metric.FindMapping("provider");
  if (node == nullptr) return;
  Notes& notes = metric.notes();
  Fields provider(notes, *node, metric.PathOf("provider"), kProviderKeys);
  std::vector<std::string> names;
  for (const Key& key : kProviderKeys) {
    if (provider.Find(key.name) != nullptr) names.emplace_back(key.name);
  }
  if (names.size() > 1) {
    notes.Error(*node, "exactly-one", fmt::format("`{}` has multiple providers specified.", provider.path()), "Keep one.");
    return;
  }
  if (names.empty()) {
    const bool misspelt = !node->members.empty();  // Told already.
    if (!misspelt)
      notes.Error(*node, "exactly-one", fmt::format("`{}` has no provider specified.", provider.path()), "Give `prometheus`.");
    return;
  }
  const std::string& name = names.front();
  const std::string path = provider.PathOf(name);
  const YamlNode* found = provider.FindMapping(name);
  if (name == "prometheus" && found != nullptr) {
    out.provider = ReadPrometheus(notes, *found, path);
  } else if (name == "web" && found != nullptr) {
    out.provider = ReadWeb(notes, *found, path);
  } else if (name == "job" && found != nullptr) {
    out.provider = ReadJob(notes, *found, path);
  } else if (found != nullptr) {
    out.provider = OtherProvider{name};
    notes.Warn(*node, "other-provider",
               fmt::format("`{}` is not executed here: a rollout that uses this template is refused.", path),
               "Measure with `prometheus`, `web` or `job` instead.");
  }
}

}  // namespace tuesday::manifest
