// SPDX-License-Identifier: Apache-2.0
#include "control/apply/typed.h"

#include <utility>

namespace tuesday::control {

namespace {

void Flatten(const Json& content, const Namespace& fallback, std::map<ObjectName, Json>& objects) {
  if (content.is_null()) return;
  if (content.At("kind").StringOr("").ends_with("List") && content.At("items").as_array() != nullptr) {
    for (const Json& item : *content.At("items").as_array()) Flatten(item, fallback, objects);
    return;
  }
  objects.insert_or_assign(FullName(content, fallback), content);
}

}  // namespace

bool HasNoNamespace(std::string_view kind) { return kind.starts_with("Cluster") || kind == "Namespace"; }

ObjectName FullName(const manifest::Object& object, const Namespace& fallback) {
  ObjectName name{fallback, object.kind, object.metadata.name};
  if (!object.metadata.ns.empty()) name.ns = Namespace(object.metadata.ns);
  if (HasNoNamespace(object.kind)) name.ns = Namespace();
  return name;
}

ObjectName FullName(const Json& content, const Namespace& fallback) {
  const Json& metadata = content.At("metadata");
  ObjectName name{fallback, content.At("kind").StringOr(""), metadata.At("name").StringOr("")};
  if (const std::string ns = metadata.At("namespace").StringOr(""); !ns.empty()) name.ns = Namespace(ns);
  if (HasNoNamespace(name.kind)) name.ns = Namespace();
  return name;
}

Result<std::map<ObjectName, Json>> RawObjects(std::string_view text, std::string_view file, const Namespace& fallback) {
  TRY(const std::vector<YamlNode> documents, ParseYamlStream(text, file));
  std::map<ObjectName, Json> objects;
  for (const YamlNode& document : documents) Flatten(YamlToJson(document), fallback, objects);
  return objects;
}

TypedObjects ReadStored(const std::map<ObjectName, state::ObjectRecord>& objects, std::vector<Finding>& findings) {
  TypedObjects typed;
  for (const auto& [name, record] : objects) {
    manifest::ReadResult read = manifest::ReadManifests(CanonicalJson(record.content), record.file);
    for (manifest::Object& object : read.objects) typed.insert_or_assign(name, std::move(object));
    if (!HasErrors(read.findings)) continue;
    for (Finding& finding : read.findings) findings.push_back(std::move(finding));
  }
  return typed;
}

}  // namespace tuesday::control
