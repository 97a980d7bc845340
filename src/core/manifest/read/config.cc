// SPDX-License-Identifier: Apache-2.0
// ConfigMap and Secret (core/v1), and the outer shape of a PrometheusRule (monitoring.coreos.com/v1).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/manifest/read/base64.h"
#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr std::size_t kConfigBytesMax = 1 << 20;  // Kubernetes' own limit for one object.

constexpr auto kConfigMapKeys =
    std::to_array<Key>({{"apiVersion"}, {"binaryData"}, {"data"}, {"immutable", kSilent}, {"kind"}, {"metadata"}});
constexpr auto kSecretKeys =
    std::to_array<Key>({{"apiVersion"}, {"data"}, {"immutable", kSilent}, {"kind"}, {"metadata"}, {"stringData"}, {"type"}});
constexpr auto kPrometheusRuleKeys = std::to_array<Key>({{"groups"}});

void CheckSize(Notes& notes, const YamlNode& object, const std::map<std::string, std::string>& data) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : data) bytes += key.size() + value.size();
  if (bytes <= kConfigBytesMax) return;
  notes.Error(object, "limit", fmt::format("The object holds {} bytes.", bytes),
              fmt::format("The limit is {}.", kConfigBytesMax));
}

// Values never appear in a message: they are secrets.
void ReadEncoded(Fields& fields, std::string_view key, std::map<std::string, std::string>& out) {
  const YamlNode* node = fields.FindMapping(key);
  if (node == nullptr) return;
  for (const auto& [name, value] : node->members) {
    const std::optional<std::string> decoded = value.IsNull() ? std::string() : DecodeBase64(value.text);
    if (value.IsSequence() || value.IsMapping() || !decoded) {
      fields.notes().Error(value, "bad-base64", fmt::format("`{}[\"{}\"]` is not base64.", fields.PathOf(key), name.text),
                           key == "data" ? "Encode the value, or move it to `stringData`." : "Encode the value.");
      continue;
    }
    out.insert_or_assign(name.text, *decoded);
  }
}

// As Read of a mapping of texts, but a wrong value is not quoted back.
void ReadStringData(Fields& fields, std::map<std::string, std::string>& out) {
  const YamlNode* node = fields.FindMapping("stringData");
  if (node == nullptr) return;
  for (const auto& [name, value] : node->members) {
    const bool text = value.IsNull() || (value.IsScalar() && !value.AsBool() && !value.AsDouble());
    if (text) {
      out.insert_or_assign(name.text, value.IsNull() ? "" : value.text);
    } else {
      fields.notes().Error(value, "wrong-type", fmt::format("`stringData[\"{}\"]` is not a text.", name.text),
                           "Put it in quotes.");
    }
  }
}

}  // namespace

ConfigMap ReadConfigMap(Notes& notes, const YamlNode& object) {
  Fields fields(notes, object, "", kConfigMapKeys);
  ConfigMap out;
  fields.Read("data", out.data);
  ReadEncoded(fields, "binaryData", out.data);
  CheckSize(notes, object, out.data);
  return out;
}

Secret ReadSecret(Notes& notes, const YamlNode& object) {
  Fields fields(notes, object, "", kSecretKeys);
  Secret out;
  fields.Read("type", out.type);
  ReadEncoded(fields, "data", out.data);
  ReadStringData(fields, out.data);
  CheckSize(notes, object, out.data);
  return out;
}

PrometheusRule ReadPrometheusRule(Notes& notes, const YamlNode& spec) {
  Fields fields(notes, spec, "spec", kPrometheusRuleKeys);
  fields.FindSequence("groups");
  return PrometheusRule{spec};
}

}  // namespace tuesday::manifest
