// SPDX-License-Identifier: Apache-2.0
#include "core/lint/argo/argo.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "core/lint/argo/tree.h"
#include "core/manifest/object.h"

namespace tuesday::lint {
namespace {

constexpr int kListDepthMax = 8;
constexpr int kProgressDeadlineSecondsDefault = 600;
constexpr int kRevisionHistoryDefault = 10;
constexpr std::string_view kDecoding = "error unmarshaling JSON: while decoding JSON: ";

bool IsRollout(const YamlNode& object) { return GroupOf(object) == "argoproj.io" && TextBelow(&object, {"kind"}) == "Rollout"; }

// The kinds that Argo decodes into types, so that an unknown key fails.
bool IsTyped(const YamlNode& object) {
  const std::string kind = TextBelow(&object, {"kind"});
  const std::string group = GroupOf(object);
  return IsRollout(object) || (group.empty() && kind == "Service") || (group == "networking.k8s.io" && kind == "Ingress");
}

void Flatten(const YamlNode& node, int depth, std::vector<const YamlNode*>& objects) {
  if (node.IsNull()) return;
  if (TextBelow(&node, {"kind"}) == "List" && GroupOf(node).empty() && depth < kListDepthMax) {
    for (const YamlNode& item : Items(node.Find("items"))) Flatten(item, depth + 1, objects);
    return;
  }
  objects.push_back(&node);
}

// Go's decoder meets keys in sorted order and stops at the first that it does not know.
const YamlNode* FirstOf(const YamlNode& node, const std::set<std::pair<int, int>>& places) {
  for (const YamlNode& item : node.items) {
    if (const YamlNode* found = FirstOf(item, places)) return found;
  }
  std::vector<const YamlMember*> sorted;
  for (const YamlMember& member : node.members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(),
            [](const YamlMember* a, const YamlMember* b) { return a->first.text < b->first.text; });
  for (const YamlMember* member : sorted) {
    if (places.contains({member->first.line, member->first.column})) return &member->first;
    if (const YamlNode* found = FirstOf(member->second, places)) return found;
  }
  return nullptr;
}

// What decoding would stop at: an object without a kind, or a key that no type has.
bool Decodes(std::string_view text, std::string_view file, const std::vector<const YamlNode*>& objects,
             std::vector<ArgoProblem>& problems) {
  std::set<std::pair<int, int>> unknown;
  for (const Finding& finding : manifest::ReadManifests(text, file).findings) {
    if (finding.rule == "unknown-key") unknown.insert({finding.at.line, finding.at.column});
  }
  for (const YamlNode* object : objects) {
    const SourcePos at{std::string(file), object->line, object->column};
    if (!object->IsMapping() || TextBelow(object, {"kind"}).empty()) {
      problems.push_back({"", fmt::format("{}Object 'Kind' is missing in '{}'", kDecoding, Shown(object)), at});
      return false;
    }
    if (!IsTyped(*object)) continue;
    const YamlNode* key = FirstOf(*object, unknown);
    if (key == nullptr) continue;
    problems.push_back({"",
                        fmt::format("{}json: unknown field {}", kDecoding, Shown(key->text)),
                        {std::string(file), key->line, key->column}});
    return false;
  }
  return true;
}

int NumberOr(const YamlNode* node, int fallback) {
  return node == nullptr ? fallback : static_cast<int>(node->AsInt().value_or(fallback));
}

void CheckNotNegative(const ArgoCheck& check, const std::string& key, int value) {
  if (value < 0) check.Invalid("spec." + key, std::to_string(value), "must be greater than or equal to 0");
}

void CheckSpec(const ArgoCheck& check) {
  const YamlNode* spec = check.Spec();
  const YamlNode* workload = Below(spec, {"workloadRef"});
  const YamlNode* selector = Below(spec, {"selector"});
  CheckNotNegative(check, "replicas", NumberOr(Below(spec, {"replicas"}), 1));
  if (workload == nullptr && selector == nullptr) {
    check.Required("spec.selector", "Rollout has missing field '.spec.selector'");
  } else if (workload == nullptr && selector->members.empty()) {
    check.Invalid("spec.selector", "{}", "empty selector is invalid for deployment");
  }
  const YamlNode* pod = Below(spec, {"template"});
  if (workload != nullptr && pod != nullptr && !pod->members.empty()) {
    check.Internal("spec.template", "template must be empty for workload reference rollout");
  }
  if (workload == nullptr) CheckPodTemplate(check);
  const int ready = NumberOr(Below(spec, {"minReadySeconds"}), 0);
  const int deadline = NumberOr(Below(spec, {"progressDeadlineSeconds"}), kProgressDeadlineSecondsDefault);
  CheckNotNegative(check, "minReadySeconds", ready);
  CheckNotNegative(check, "revisionHistoryLimit", NumberOr(Below(spec, {"revisionHistoryLimit"}), kRevisionHistoryDefault));
  CheckNotNegative(check, "progressDeadlineSeconds", deadline);
  if (deadline <= ready) {
    check.Invalid("spec.progressDeadlineSeconds", std::to_string(deadline), "must be greater than minReadySeconds");
  }
  CheckStrategy(check);
}

}  // namespace

std::vector<ArgoProblem> ArgoLint(std::string_view text, std::string_view file) {
  std::vector<ArgoProblem> problems;
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(text, file);
  if (!documents.has_value()) {
    problems.push_back({"", documents.error().message, {std::string(file), 0, 0}});
    return problems;
  }
  std::vector<const YamlNode*> objects;
  for (const YamlNode& document : *documents) Flatten(document, 0, objects);
  if (!Decodes(text, file, objects, problems)) return problems;
  for (const YamlNode* object : objects) {
    if (!IsRollout(*object)) continue;
    const ArgoCheck check{*object, file, problems};
    CheckSpec(check);
    CheckReferences(check, objects);
  }
  return problems;
}

}  // namespace tuesday::lint
