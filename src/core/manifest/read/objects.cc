// SPDX-License-Identifier: Apache-2.0
// From a text to objects: documents, lists, kinds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr int kListDepthMax = 4;  // Lists of lists exist; nobody nests them deeper.

constexpr auto kObjectKeys = std::to_array<Key>({{"apiVersion"}, {"kind"}, {"metadata"}, {"spec"}, {"status", kSilent}});

enum class Shape { kHasSpec, kWhole };  // Whether the reader takes `spec` or the object itself.

struct Kind {
  std::string_view group;  // Before the "/" of apiVersion; empty: the core group.
  std::string_view version;
  std::string_view name;
  Shape shape;
  void (*read)(Notes& notes, const YamlNode& node, Object& out);
};

constexpr auto kKinds = std::to_array<Kind>({
    {"argoproj.io", "v1alpha1", "Rollout", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadRollout(notes, node); }},
    {"argoproj.io", "v1alpha1", "AnalysisTemplate", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadAnalysisTemplate(notes, node); }},
    {"argoproj.io", "v1alpha1", "ClusterAnalysisTemplate", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadAnalysisTemplate(notes, node); }},
    {"", "v1", "Service", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadService(notes, node); }},
    {"networking.k8s.io", "v1", "Ingress", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadIngress(notes, node); }},
    {"monitoring.coreos.com", "v1", "PrometheusRule", Shape::kHasSpec,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadPrometheusRule(notes, node); }},
    {"", "v1", "ConfigMap", Shape::kWhole,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadConfigMap(notes, node); }},
    {"", "v1", "Secret", Shape::kWhole,
     [](Notes& notes, const YamlNode& node, Object& out) { out.body = ReadSecret(notes, node); }},
});
constexpr auto kRefusedKinds = std::to_array<std::string_view>({"AnalysisRun", "Experiment"});

std::string_view GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

// A misspelt kind of a group that we know would otherwise be kept as foreign and never act.
void CheckForeignKind(Notes& notes, const YamlNode& node, const Object& object) {
  const std::string_view group = GroupOf(object.api_version);
  if (group == "argoproj.io" || group == "monitoring.coreos.com") {
    std::vector<std::string_view> names;
    for (const Kind& kind : kKinds) {
      if (kind.group == group) names.push_back(kind.name);
    }
    const std::string nearest = NearestWord(object.kind, names);
    if (!nearest.empty()) {
      notes.Error(*node.Find("kind"), "unknown-kind", fmt::format("`{}` is not a kind of {}.", object.kind, object.api_version),
                  fmt::format("Did you mean `{}`?", nearest));
    }
  }
}

// The kind that an object is of; nullptr when foreign, refused or wrong.
const Kind* FindKind(Notes& notes, const YamlNode& node, const Object& object) {
  const std::string_view group = GroupOf(object.api_version);
  for (const std::string_view refused : kRefusedKinds) {
    if (group != "argoproj.io" || object.kind != refused) continue;
    notes.Refuse(node, refused, refused);
    return nullptr;
  }
  for (const Kind& kind : kKinds) {
    if (kind.name != object.kind || kind.group != group) continue;
    const std::string_view version =
        group.empty() ? std::string_view(object.api_version) : std::string_view(object.api_version).substr(group.size() + 1);
    if (version == kind.version) return &kind;
    notes.Error(*node.Find("apiVersion"), "unknown-version", fmt::format("`apiVersion` is {}.", object.api_version),
                fmt::format("{} is read as {}{}{}.", kind.name, kind.group, kind.group.empty() ? "" : "/", kind.version));
    return nullptr;
  }
  CheckForeignKind(notes, node, object);
  return nullptr;
}

void ReadBody(Notes& notes, const YamlNode& node, const Kind& kind, Object& out) {
  if (kind.shape == Shape::kWhole) {
    kind.read(notes, node, out);
    return;
  }
  Fields fields(notes, node, "", kObjectKeys);
  if (fields.Require("spec") == nullptr) return;
  if (const YamlNode* spec = fields.FindMapping("spec")) kind.read(notes, *spec, out);
}

void ReadObject(Notes& notes, const YamlNode& node, int depth, std::vector<Object>& out);

void ReadList(Notes& notes, const YamlNode& node, int depth, std::vector<Object>& out) {
  static constexpr auto kListKeys = std::to_array<Key>({{"apiVersion"}, {"items"}, {"kind"}, {"metadata", kSilent}});
  Fields fields(notes, node, "", kListKeys);
  if (depth >= kListDepthMax) {
    notes.Error(node, "limit", "Lists are nested too deep.", fmt::format("The limit is {}.", kListDepthMax));
    return;
  }
  fields.Each("items", [&](const YamlNode& item, const std::string&) { ReadObject(notes, item, depth + 1, out); });
}

void KeepForeign(Notes& notes, const YamlNode& node, Object object, std::vector<Object>& out) {
  Notes unused(notes.file());  // A foreign object's metadata may be of any form.
  const YamlNode* metadata = node.Find("metadata");
  if (metadata != nullptr && metadata->IsMapping()) object.metadata = ReadMetadata(unused, *metadata, "metadata");
  notes.Note(node, "foreign-kind",
             fmt::format("{} {} is kept and shown, and nothing here acts on it.", object.kind,
                         object.metadata.name.empty() ? "without a name" : object.metadata.name));
  object.body = Foreign{node};
  object.raw = std::make_shared<YamlNode>(node);
  out.push_back(std::move(object));
}

void ReadObject(Notes& notes, const YamlNode& node, int depth, std::vector<Object>& out) {
  if (node.IsNull()) return;
  if (!node.IsMapping()) {
    notes.Error(node, "not-an-object", fmt::format("A document is {}, not an object.", NodeText(node)),
                "An object has `apiVersion`, `kind` and `metadata`.");
    return;
  }
  const int errors_before = notes.errors();
  // Only these three are looked at until the kind is known, whose table then speaks for the rest.
  YamlNode head{.kind = YamlNode::Kind::kMapping, .line = node.line, .column = node.column};
  for (const auto& member : node.members) {
    if (member.first.text == "apiVersion" || member.first.text == "kind") head.members.push_back(member);
  }
  Fields fields(notes, head, "", kObjectKeys);
  Object object;
  object.at = notes.At(node);
  if (fields.Require("apiVersion") != nullptr) fields.Read("apiVersion", object.api_version);
  if (fields.Require("kind") != nullptr) fields.Read("kind", object.kind);
  if (notes.errors() > errors_before) return;
  if (object.kind == "List" && object.api_version == "v1") {
    ReadList(notes, node, depth, out);
    return;
  }
  const YamlNode* metadata = node.Find("metadata");
  const Kind* kind = FindKind(notes, node, object);
  if (kind == nullptr) {
    if (notes.errors() == errors_before) KeepForeign(notes, node, std::move(object), out);
    return;
  }
  if (metadata == nullptr || metadata->IsNull()) {
    notes.Error(node, "missing-field", "`metadata` is missing.", "Add `metadata: {name: ...}`.");
  } else {
    object.metadata = ReadMetadata(notes, *metadata, "metadata");
    if (metadata->IsMapping() && metadata->Find("name") == nullptr) {
      notes.Error(*metadata, "missing-field", "`metadata.name` is missing.", "Add `name:`; names are not generated here.");
    }
  }
  ReadBody(notes, node, *kind, object);
  if (notes.errors() > errors_before) return;
  object.raw = std::make_shared<YamlNode>(node);
  out.push_back(std::move(object));
}

// An error of the YAML reader begins with "file:line:column: "; a finding has the three apart.
Finding FindingOf(const Error& error, std::string_view file) {
  Finding finding{{std::string(file), 0, 0}, Severity::kError, "yaml", error.message, error.hint};
  std::string_view rest = error.message;
  if (!rest.starts_with(file) || rest.substr(file.size(), 1) != ":") return finding;
  rest.remove_prefix(file.size() + 1);
  const auto read = [&rest](int& number) {
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (problem != std::errc() || end == rest.data() + rest.size() || *end != ':') return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
    return true;
  };
  if (read(finding.at.line)) read(finding.at.column);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  finding.message = std::string(rest);
  return finding;
}

}  // namespace

ReadResult ReadManifests(std::string_view text, std::string_view file) {
  ReadResult result;
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(text, file);
  if (!documents.has_value()) {
    result.findings.push_back(FindingOf(documents.error(), file));
    return result;
  }
  Notes notes(file);
  for (const YamlNode& document : *documents) ReadObject(notes, document, 0, result.objects);
  result.findings = notes.Take();
  std::stable_sort(result.findings.begin(), result.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.at < b.at; });
  return result;
}

}  // namespace tuesday::manifest
