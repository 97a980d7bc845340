// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/manifest/check/rules.h"

namespace tuesday::manifest {
namespace {

constexpr std::string_view kClusterTemplate = "ClusterAnalysisTemplate";

// Group and version matter for foreign kinds only: ours are one each.
std::string KindKey(const Object& object) {
  return std::holds_alternative<Foreign>(object.body) ? object.api_version + " " + object.kind : object.kind;
}

void CheckDuplicates(std::span<const Object> objects, const CheckContext& context, std::vector<Finding>& findings) {
  std::map<std::tuple<std::string, std::string, std::string>, SourcePos> seen;
  for (const Object& object : objects) {
    if (object.metadata.name.empty()) continue;
    const std::string ns = object.kind == kClusterTemplate ? "" : NamespaceOf(object, context).str();
    const auto [entry, fresh] = seen.try_emplace({ns, KindKey(object), object.metadata.name}, object.at);
    if (fresh) continue;
    findings.push_back(
        {PosOf(object, {"metadata", "name"}), Severity::kError, "duplicate-object",
         fmt::format("{} {} is given twice, first at {}.", object.kind, object.metadata.name, entry->second.Text()),
         "Keep one of the two."});
  }
}

const Object* FindIn(std::span<const Object> objects, std::string_view kind, std::string_view name, const Namespace& ns,
                     const CheckContext& context) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Object& object) {
    return object.kind == kind && object.metadata.name == name && !std::holds_alternative<Foreign>(object.body) &&
           (kind == kClusterTemplate || NamespaceOf(object, context) == ns);
  });
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace

Namespace NamespaceOf(const Object& object, const CheckContext& context) {
  return object.metadata.ns.empty() ? context.ns : Namespace(object.metadata.ns);
}

const Object* FindObject(std::string_view kind, std::string_view name, const Namespace& ns, std::span<const Object> objects,
                         const CheckContext& context) {
  const Object* found = FindIn(objects, kind, name, ns, context);
  return found != nullptr ? found : FindIn(context.known, kind, name, ns, context);
}

const Object* FindTemplate(std::string_view name, bool cluster_scope, const Namespace& ns, std::span<const Object> objects,
                           const CheckContext& context) {
  const Object* found = cluster_scope ? nullptr : FindObject("AnalysisTemplate", name, ns, objects, context);
  if (found == nullptr) found = FindObject(kClusterTemplate, name, ns, objects, context);
  if (found == nullptr) found = FindIn(BuiltInTemplates(), kClusterTemplate, name, ns, context);
  return found;
}

bool IsBuiltIn(const Object& object) {
  return std::any_of(BuiltInTemplates().begin(), BuiltInTemplates().end(),
                     [&object](const Object& known) { return &known == &object; });
}

SourcePos PosOf(const Object& object, std::span<const std::string_view> path) {
  if (object.raw == nullptr) return object.at;
  const YamlNode* node = object.raw.get();
  for (const std::string_view key : path) {
    const YamlNode* next = node->Find(key);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (error == std::errc() && node->IsSequence() && index < node->items.size()) next = &node->items[index];
    if (next == nullptr) break;
    node = next;
  }
  return {object.at.file, node->line, node->column};
}

std::vector<Finding> CheckObjects(std::span<const Object> objects, const CheckContext& context) {
  std::vector<Finding> findings;
  CheckDuplicates(objects, context, findings);
  for (const Object& object : objects) {
    const Rollout* rollout = std::get_if<Rollout>(&object.body);
    if (rollout == nullptr) continue;
    const RolloutCheck check{
        object,  *rollout, std::get_if<CanaryStrategy>(&rollout->strategy), NamespaceOf(object, context), objects,
        context, findings};
    CheckPod(check);
    CheckNetwork(check);
    CheckTemplates(check);
    if (check.canary != nullptr) CheckWeights(check);
  }
  return findings;
}

}  // namespace tuesday::manifest
