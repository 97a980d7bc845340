// SPDX-License-Identifier: Apache-2.0
// AnalysisTemplate and ClusterAnalysisTemplate with the validations of Argo Rollouts 1.9 (utils/analysis, ValidateMetrics).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kSpecKeys = std::to_array<Key>({
    {"args"},
    {"dryRun"},
    {"measurementRetention", kNoEffect},
    {"metrics"},
    {"templates"},
});
constexpr auto kNestedKeys = std::to_array<Key>({{"clusterScope"}, {"templateName"}});
constexpr auto kDryRunKeys = std::to_array<Key>({{"metricName"}});
constexpr auto kMetricKeys = std::to_array<Key>({
    {"consecutiveErrorLimit"},
    {"consecutiveSuccessLimit"},
    {"count"},
    {"failureCondition"},
    {"failureLimit"},
    {"inconclusiveLimit"},
    {"initialDelay"},
    {"interval"},
    {"name"},
    {"provider"},
    {"successCondition"},
});
// A number that stands as such; nullopt for an absent one or a template ("{{args.count}}").
std::optional<std::int64_t> Literal(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsTemplated(const std::string& text) { return text.find("{{") != std::string::npos; }

void ReadDuration(Fields& metric, std::string_view key, std::string& out) {
  if (!metric.Read(key, out) || IsTemplated(out)) return;
  const Result<Duration> read = ParseGoDuration(out);
  if (read.has_value() && *read >= Duration::zero()) return;
  metric.notes().Error(*metric.Find(key), "bad-duration",
                       fmt::format("`{}` is \"{}\", not a duration.", metric.PathOf(key), out),
                       "Write something like 30s, 5m or 1h.");
}

void ReadCount(Fields& metric, std::string_view key, std::string& out, std::int64_t low) {
  if (!metric.ReadIntOrText(key, out) || IsTemplated(out)) return;
  const YamlNode& at = *metric.Find(key);
  const std::optional<std::int64_t> value = Literal(out);
  if (!value) {
    metric.notes().Error(at, "wrong-type", fmt::format("`{}` is {}, not a whole number.", metric.PathOf(key), NodeText(at)));
  } else if (*value < low) {
    metric.notes().Error(at, "out-of-range", fmt::format("`{}` is {}.", metric.PathOf(key), *value),
                         fmt::format("It must be at least {}.", low));
  }
}

// What Argo refuses about the numbers of one metric, where they are not arguments.
void CheckCounts(Fields& fields, const Metric& metric) {
  Notes& notes = fields.notes();
  const std::int64_t count = Literal(metric.count).value_or(0);
  if (count > 1 && metric.interval.empty()) {
    notes.Error(fields.node(), "contradiction", fmt::format("`{}.interval` must be specified when count > 1.", fields.path()),
                "Add `interval: 30s`.");
  }
  const auto check = [&](std::string_view key, const std::string& text) {
    const std::int64_t limit = Literal(text).value_or(0);
    if (count == 0 || limit <= count) return;
    const YamlNode* at = fields.Find(key);
    notes.Error(at == nullptr ? fields.node() : *at, "contradiction",
                fmt::format("`{}` is {}, but count is {}: count must be >= {}.", fields.PathOf(key), limit, count, key),
                "The metric could never end that way.");
  };
  check("failureLimit", metric.failure_limit);
  check("inconclusiveLimit", metric.inconclusive_limit);
  if (Literal(metric.failure_limit) == -1 && Literal(metric.consecutive_success_limit).value_or(0) < 1 &&
      !IsTemplated(metric.consecutive_success_limit)) {
    notes.Error(*fields.Find("failureLimit"), "contradiction",
                fmt::format("`{}.failureLimit` is -1 without a consecutiveSuccessLimit.", fields.path()),
                "Nothing could end the metric: give `consecutiveSuccessLimit`.");
  }
}

Metric ReadMetric(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kMetricKeys);
  Metric out;
  out.at = notes.At(node);
  if (fields.Require("name") != nullptr) fields.Read("name", out.name);
  ReadDuration(fields, "interval", out.interval);
  ReadDuration(fields, "initialDelay", out.initial_delay);
  ReadCount(fields, "count", out.count, 0);
  ReadCount(fields, "failureLimit", out.failure_limit, -1);
  ReadCount(fields, "inconclusiveLimit", out.inconclusive_limit, 0);
  ReadCount(fields, "consecutiveErrorLimit", out.consecutive_error_limit, 0);
  ReadCount(fields, "consecutiveSuccessLimit", out.consecutive_success_limit, 0);
  fields.Read("successCondition", out.success_condition);
  fields.Read("failureCondition", out.failure_condition);
  ReadProvider(fields, out);
  CheckCounts(fields, out);
  return out;
}

}  // namespace

AnalysisTemplate ReadAnalysisTemplate(Notes& notes, const YamlNode& node) {
  Fields spec(notes, node, "spec", kSpecKeys);
  AnalysisTemplate out;
  out.args = ReadArgs(spec, ArgsOf::kTemplate);
  std::set<std::string> names;
  spec.Each("metrics", [&](const YamlNode& item, const std::string& path) {
    Metric metric = ReadMetric(notes, item, path);
    if (!metric.name.empty() && !names.insert(metric.name).second) {
      notes.Error(item, "duplicate-name", fmt::format("Two metrics have the duplicate name '{}'.", metric.name),
                  "Rename one of them.");
    }
    out.metrics.push_back(std::move(metric));
  });
  spec.Each("dryRun", [&](const YamlNode& item, const std::string& path) {
    Fields dry(notes, item, path, kDryRunKeys);
    std::string metric;
    if (dry.Require("metricName") != nullptr && dry.Read("metricName", metric)) out.dry_run.push_back(metric);
  });
  spec.Each("templates", [&](const YamlNode& item, const std::string& path) {
    Fields nested(notes, item, path, kNestedKeys);
    std::string name;
    bool cluster_scope = false;
    nested.Read("clusterScope", cluster_scope);
    if (nested.Require("templateName") != nullptr && nested.Read("templateName", name)) out.templates.push_back(name);
  });
  const YamlNode* metrics = spec.Find("metrics");
  if ((metrics == nullptr || metrics->items.empty()) && spec.Find("templates") == nullptr) {
    notes.Error(node, "missing-field", "no metrics specified: `spec.metrics` is missing or empty.", "Give one metric.");
  }
  return out;
}

}  // namespace tuesday::manifest
