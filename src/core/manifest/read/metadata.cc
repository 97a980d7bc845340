// SPDX-License-Identifier: Apache-2.0
// Names, labels and annotations (apimachinery, meta/v1, ObjectMeta).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/manifest/annotations.h"
#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr std::size_t kNameMax = 253;
constexpr std::size_t kLabelMax = 63;

constexpr auto kMetadataKeys = std::to_array<Key>({
    {"annotations"},
    {"creationTimestamp", kSilent},
    {"deletionGracePeriodSeconds", kSilent},
    {"deletionTimestamp", kSilent},
    {"finalizers", kNoEffect},
    {"generateName"},
    {"generation", kSilent},
    {"labels"},
    {"managedFields", kSilent},
    {"name"},
    {"namespace"},
    {"ownerReferences", kNoEffect},
    {"resourceVersion", kSilent},
    {"selfLink", kSilent},
    {"uid", kSilent},
});

bool IsLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsWord(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

// What a folder, a label and a map key can all carry.
bool IsSafeName(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && IsWord(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsWord(c) || c == '-' || c == '.' || c == '_'; });
}

bool IsKubernetesName(std::string_view name) {
  return IsLower(name.front()) && IsLower(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLower(c) || c == '-' || c == '.'; });
}

void CheckLabels(Notes& notes, const YamlNode& metadata, const std::map<std::string, std::string>& labels) {
  const YamlNode* node = metadata.Find("labels");
  for (const auto& [name, value] : labels) {
    const bool good =
        value.size() <= kLabelMax && (value.empty() || (IsWord(value.front()) && IsWord(value.back()))) &&
        std::all_of(value.begin(), value.end(), [](char c) { return IsWord(c) || c == '-' || c == '.' || c == '_'; });
    const YamlNode* at = node == nullptr ? nullptr : node->Find(name);
    if (good || at == nullptr) continue;
    notes.Error(*at, "bad-label", fmt::format("The label `{}` has the value \"{}\".", name, value.substr(0, kLabelMax)),
                "At most 63 letters, digits, \"-\", \"_\" and \".\", with a letter or digit at both ends.");
  }
}

void CheckAnnotations(Notes& notes, const YamlNode& metadata, const std::map<std::string, std::string>& annotations) {
  const YamlNode* node = metadata.Find("annotations");
  Annotations unused;
  for (const auto& [key, value] : annotations) {
    const Result<void> read = ReadAnnotation(key, value, unused);
    const YamlNode* at = node == nullptr ? nullptr : node->Find(key);
    if (!read.has_value() && at != nullptr) notes.Error(*at, "bad-annotation", read.error().message, read.error().hint);
  }
}

}  // namespace

void CheckName(Notes& notes, const YamlNode& at, std::string_view name, std::string_view path) {
  if (!IsSafeName(name)) {
    notes.Error(at, "bad-name", fmt::format("`{}` is \"{}\".", path, name.substr(0, kLabelMax)),
                "Use letters, digits, \"-\", \"_\" and \".\", beginning with a letter or digit, at most 253.");
  } else if (!IsKubernetesName(name)) {
    notes.Warn(at, "bad-name", fmt::format("`{}` is \"{}\", which Kubernetes would refuse.", path, name),
               "Use lower-case letters, digits, \"-\" and \".\".");
  }
}

Metadata ReadMetadata(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kMetadataKeys);
  Metadata out;
  if (fields.Read("name", out.name)) CheckName(notes, *fields.Find("name"), out.name, fields.PathOf("name"));
  if (fields.Read("namespace", out.ns)) CheckName(notes, *fields.Find("namespace"), out.ns, fields.PathOf("namespace"));
  std::string unused;
  fields.Read("generateName", unused);
  fields.Read("labels", out.labels);
  fields.Read("annotations", out.annotations);
  CheckLabels(notes, node, out.labels);
  CheckAnnotations(notes, node, out.annotations);
  return out;
}

}  // namespace tuesday::manifest
