// SPDX-License-Identifier: Apache-2.0
// References to analysis templates, and arguments (Argo Rollouts 1.9, types.go, RolloutAnalysis; analysis_types.go, Argument).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kBackgroundKeys = std::to_array<Key>({
    {"analysisRunMetadata", kNoEffect},
    {"args"},
    {"dryRun"},
    {"measurementRetention", kNoEffect},
    {"startingStep"},
    {"templates"},
});
constexpr auto kStepKeys = std::to_array<Key>({
    {"analysisRunMetadata", kNoEffect},
    {"args"},
    {"dryRun"},
    {"measurementRetention", kNoEffect},
    {"templates"},
});
constexpr auto kTemplateRefKeys = std::to_array<Key>({{"clusterScope"}, {"templateName"}});
constexpr auto kDryRunKeys = std::to_array<Key>({{"metricName"}});
constexpr auto kArgKeys = std::to_array<Key>({{"name"}, {"value"}, {"valueFrom"}});
constexpr auto kRolloutFromKeys = std::to_array<Key>({{"fieldRef"}, {"podTemplateHashValue"}});
constexpr auto kTemplateFromKeys = std::to_array<Key>({{"fieldRef"}, {"secretKeyRef"}});
constexpr auto kFieldRefKeys = std::to_array<Key>({{"apiVersion", kSilent}, {"fieldPath"}});
constexpr auto kSecretRefKeys = std::to_array<Key>({{"key"}, {"name"}, {"optional", kNoEffect}});

void ReadValueFrom(Fields& arg, ArgsOf of, AnalysisArg& out) {
  const YamlNode* node = arg.FindMapping("valueFrom");
  if (node == nullptr) return;
  Notes& notes = arg.notes();
  const Keys keys = of == ArgsOf::kRollout ? Keys(kRolloutFromKeys) : Keys(kTemplateFromKeys);
  Fields from(notes, *node, arg.PathOf("valueFrom"), keys);
  std::string text;
  if (from.Read("podTemplateHashValue", text)) {
    if (text == "Stable" || text == "Latest") {
      out.pod_template_hash = text;
    } else {
      notes.Error(*from.Find("podTemplateHashValue"), "unknown-value",
                  fmt::format("`{}` is \"{}\".", from.PathOf("podTemplateHashValue"), text), "It must be Stable or Latest.");
    }
  }
  if (const YamlNode* field = from.FindMapping("fieldRef")) {
    Fields reference(notes, *field, from.PathOf("fieldRef"), kFieldRefKeys);
    if (reference.Require("fieldPath") != nullptr && reference.Read("fieldPath", text)) out.field_path = text;
  }
  if (const YamlNode* secret = from.FindMapping("secretKeyRef")) {
    Fields reference(notes, *secret, from.PathOf("secretKeyRef"), kSecretRefKeys);
    std::pair<std::string, std::string> key;
    if (reference.Require("name") != nullptr) reference.Read("name", key.first);
    if (reference.Require("key") != nullptr) reference.Read("key", key.second);
    out.secret_key = key;
  }
  const std::size_t sources = static_cast<std::size_t>(
      std::count_if(node->members.begin(), node->members.end(), [](const auto& m) { return !m.second.IsNull(); }));
  if (sources != 1 || out.value) {
    notes.Error(*node, "exactly-one", fmt::format("`{}` does not have exactly one source of its value.", arg.path()),
                "Give `value` or one entry of `valueFrom`.");
  }
}

}  // namespace

std::vector<AnalysisArg> ReadArgs(Fields& owner, ArgsOf of) {
  std::vector<AnalysisArg> out;
  std::set<std::string> names;
  owner.Each("args", [&](const YamlNode& node, const std::string& path) {
    Fields fields(owner.notes(), node, path, kArgKeys);
    AnalysisArg arg;
    if (fields.Require("name") != nullptr) fields.Read("name", arg.name);
    std::string value;
    if (fields.Read("value", value)) arg.value = value;
    ReadValueFrom(fields, of, arg);
    if (!arg.name.empty() && !names.insert(arg.name).second) {
      owner.notes().Error(node, "duplicate-name", fmt::format("The argument \"{}\" is given twice.", arg.name),
                          "Keep one of the two.");
    }
    out.push_back(std::move(arg));
  });
  return out;
}

AnalysisRef ReadAnalysisRef(Notes& notes, const YamlNode& node, const std::string& path, int* starting_step) {
  Fields fields(notes, node, path, starting_step == nullptr ? Keys(kStepKeys) : Keys(kBackgroundKeys));
  AnalysisRef out;
  if (starting_step != nullptr) fields.Read("startingStep", *starting_step);
  fields.Require("templates");
  fields.Each("templates", [&](const YamlNode& item, const std::string& item_path) {
    Fields reference(notes, item, item_path, kTemplateRefKeys);
    AnalysisRef::Template read{.name = {}, .cluster_scope = false, .at = notes.At(item)};
    if (reference.Require("templateName") != nullptr && reference.Read("templateName", read.name)) {
      read.at = notes.At(*reference.Find("templateName"));
    }
    reference.Read("clusterScope", read.cluster_scope);
    out.templates.push_back(std::move(read));
  });
  const YamlNode* templates = fields.Find("templates");
  if (templates != nullptr && templates->IsSequence() && templates->items.empty()) {
    notes.Error(*templates, "missing-field", fmt::format("`{}` is empty.", fields.PathOf("templates")), "Name a template.");
  }
  out.args = ReadArgs(fields, ArgsOf::kRollout);
  fields.Each("dryRun", [&](const YamlNode& item, const std::string& item_path) {
    Fields dry(notes, item, item_path, kDryRunKeys);
    std::string metric;
    if (dry.Require("metricName") != nullptr && dry.Read("metricName", metric)) out.dry_run.push_back(metric);
  });
  return out;
}

}  // namespace tuesday::manifest
