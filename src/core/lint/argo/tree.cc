// SPDX-License-Identifier: Apache-2.0
#include "core/lint/argo/tree.h"

#include <charconv>

#include "base/json.h"

namespace tuesday::lint {
namespace {

// The node that a field's name means. Argo leaves the strategy's kind out of most names.
const YamlNode* Step(const YamlNode& node, std::string_view key) {
  if (const YamlNode* next = node.Find(key)) return next;
  for (const std::string_view kind : {"canary", "blueGreen"}) {
    const YamlNode* strategy = node.Find(kind);
    if (strategy != nullptr && strategy->Find(key) != nullptr) return strategy->Find(key);
  }
  return nullptr;
}

// "steps[1].experiment" in words: "steps", "1", "experiment".
std::vector<std::string> Words(const std::string& field) {
  std::vector<std::string> words(1);
  for (const char c : field) {
    if (c == '.' || c == '[') {
      words.emplace_back();
    } else if (c != ']') {
      words.back() += c;
    }
  }
  return words;
}

SourcePos PosOf(const ArgoCheck& check, const std::string& field) {
  const YamlNode* node = &check.rollout;
  for (const std::string& word : Words(field)) {
    const YamlNode* next = Step(*node, word);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    if (error == std::errc() && node->IsSequence() && index < node->items.size()) next = &node->items[index];
    if (next == nullptr) break;
    node = next;
  }
  return {std::string(check.file), node->line, node->column};
}

}  // namespace

const YamlNode* Below(const YamlNode* node, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    if (node == nullptr) return nullptr;
    node = node->Find(key);
  }
  return node == nullptr || node->IsNull() ? nullptr : node;
}

std::string TextBelow(const YamlNode* node, std::initializer_list<std::string_view> path) {
  const YamlNode* found = Below(node, path);
  return found != nullptr && found->IsScalar() ? found->text : std::string();
}

const std::vector<YamlNode>& Items(const YamlNode* node) {
  static const std::vector<YamlNode> kNone;
  return node == nullptr ? kNone : node->items;
}

int IntOrPercentValue(const YamlNode& node) {
  std::string_view digits = node.text;
  if (digits.ends_with('%')) digits.remove_suffix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? value : 0;
}

std::string GroupOf(const YamlNode& object) {
  const std::string version = TextBelow(&object, {"apiVersion"});
  const std::size_t slash = version.find('/');
  return slash == std::string::npos ? std::string() : version.substr(0, slash);
}

std::string Shown(const YamlNode* value) { return value == nullptr ? "null" : CanonicalJson(YamlToJson(*value)); }
std::string Shown(std::string_view text) { return CanonicalJson(Json(text)); }

void ArgoCheck::Say(const std::string& field, std::string text) const {
  problems.push_back({field, std::move(text), PosOf(*this, field)});
}

void ArgoCheck::Invalid(const std::string& field, const std::string& shown, const std::string& detail) const {
  Say(field, "Invalid value: " + shown + ": " + detail);
}

void ArgoCheck::Required(const std::string& field, const std::string& detail) const {
  Say(field, detail.empty() ? "Required value" : "Required value: " + detail);
}

void ArgoCheck::Internal(const std::string& field, const std::string& detail) const { Say(field, "Internal error: " + detail); }

}  // namespace tuesday::lint
