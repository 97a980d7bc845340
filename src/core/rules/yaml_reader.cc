// SPDX-License-Identifier: Apache-2.0
#include "core/rules/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::rules {

void FindingSink::Error(const YamlNode& node, std::string rule, std::string message, std::string mend) {
  ++errors_;
  findings_.push_back({At(node), Severity::kError, std::move(rule), std::move(message), std::move(mend)});
}

Fields::Fields(const YamlNode& node, std::string_view type, FindingSink& sink) : node_(&node), type_(type), sink_(sink) {
  if (node.IsMapping()) {
    Merge(node);
  } else if (!node.IsNull()) {
    sink.Error(node, "wrong-type", fmt::format("A mapping is expected here ({}).", type_));
  }
}

void Fields::Merge(const YamlNode& node) {
  for (const auto& [key, value] : node.members) {
    if (key.text == "<<" && key.plain) continue;
    if (Find(key.text) == nullptr) members_.emplace_back(&key, &value);
  }
  const YamlNode* merged = node.Find("<<");
  if (merged == nullptr) return;
  if (merged->IsMapping()) Merge(*merged);
  for (const YamlNode& item : merged->items) {
    if (item.IsMapping()) Merge(item);
  }
}

void Fields::RefuseOthers(const std::vector<std::string_view>& known) const {
  for (const auto& [key, value] : members_) {
    if (std::ranges::find(known, key->text) != known.end()) continue;
    const std::string nearest = NearestWord(key->text, known);
    sink_.Error(*key, "unknown-key", fmt::format("field {} not found in type {}", key->text, type_),
                nearest.empty() ? "" : fmt::format("Did you mean \"{}\"?", nearest));
  }
}

const YamlNode* Fields::Find(std::string_view key) const {
  for (const auto& [name, value] : members_) {
    if (name->text == key) return value;
  }
  return nullptr;
}

std::string Fields::Text(std::string_view key) const {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsNull()) return "";
  if (!value->IsScalar()) {
    sink_.Error(*value, "wrong-type", fmt::format("`{}` must be a text.", key));
    return "";
  }
  return value->text;
}

std::optional<Duration> Fields::Length(std::string_view key) const {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsNull()) return std::nullopt;
  const Result<Duration> length = ParsePromDuration(value->text);
  if (value->IsScalar() && length) return *length;
  sink_.Error(*value, "bad-duration", fmt::format("not a valid duration string: \"{}\"", value->text),
              "Write for example 1m30s.");
  return std::nullopt;
}

std::map<std::string, std::string> Fields::TextMap(std::string_view key) const {
  std::map<std::string, std::string> entries;
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsNull()) return entries;
  if (!value->IsMapping()) {
    sink_.Error(*value, "wrong-type", fmt::format("`{}` must be a mapping of names to texts.", key));
    return entries;
  }
  for (const auto& [name, text] : value->members) {
    if (text.IsScalar() || text.IsNull()) {
      entries.emplace(name.text, text.text);
    } else {
      sink_.Error(text, "wrong-type", fmt::format("`{}` must be a text.", name.text));
    }
  }
  return entries;
}

std::vector<const YamlNode*> Fields::Items(std::string_view key) const {
  std::vector<const YamlNode*> items;
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsNull()) return items;
  if (!value->IsSequence()) {
    sink_.Error(*value, "wrong-type", fmt::format("`{}` must be a list.", key));
    return items;
  }
  for (const YamlNode& item : value->items) items.push_back(&item);
  return items;
}

}  // namespace tuesday::rules
