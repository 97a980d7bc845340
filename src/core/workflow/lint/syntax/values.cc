// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/expression/value/number.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string_view TrimBlank(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool IsOneExpression(std::string_view text) {
  text = TrimBlank(text);
  return text.starts_with("${{") && text.ends_with("}}") && text.find("${{", 3) == std::string_view::npos;
}

bool HasExpressions(std::string_view text) {
  const std::size_t open = text.find("${{");
  return open != std::string_view::npos && text.find("}}", open) != std::string_view::npos;
}

Entries Values::Mapping(const std::string& what, const Node& node, Empty empty, Case key_case) {
  if (!node.IsNull() && !node.IsMapping()) {
    Error(node, fmt::format("{} is a {}, but a mapping is expected.", what, NodeKindName(node)));
    return {};
  }
  Entries entries;
  entries.reserve(node.members.size());
  for (const auto& [key, value] : node.members) {
    const Node* name = String(*key, Empty::kRefused);
    if (name == nullptr) continue;
    if (name->value == "<<" && name->style == "Plain") {
      Error(*key, "The merge key \"<<\" of YAML is not supported by GitHub Actions.");
      continue;
    }
    std::string id = key_case == Case::kIgnored ? Lower(name->value) : name->value;
    if (const Entry* before = FindEntry(entries, id); before != nullptr) {
      Error(*key, fmt::format("The key \"{}\" is there twice in {}; the first is at line {}, column {}.{}", name->value, what,
                              before->key->line, before->key->column,
                              key_case == Case::kIgnored ? " Case does not count here." : ""));
      continue;
    }
    entries.push_back({std::move(id), key, value});
  }
  if (empty == Empty::kRefused && node.members.empty())
    Error(node, fmt::format("{} is empty. Remove it if it is not needed.", what));
  return entries;
}

Entries Values::Section(std::string_view name, const Node& node, Empty empty, Case key_case) {
  return Mapping(std::string("the section \"").append(name).append("\""), node, empty, key_case);
}

const Node* Values::String(const Node& node, Empty empty) {
  if (!node.IsScalar()) {
    Error(node, fmt::format("A text is expected, but this is a {}.", NodeKindName(node)));
    return nullptr;
  }
  if (empty == Empty::kRefused && node.value.empty()) {
    Error(node, "The text is empty.");
    return nullptr;
  }
  return &node;
}

bool Values::Sequence(std::string_view section, const Node& node, Empty empty) {
  if (!node.IsSequence()) {
    Error(node, fmt::format("The section \"{}\" must be a sequence, but it is a {}{}.", section, NodeKindName(node),
                            node.IsScalar() ? fmt::format(" of type {}", node.tag) : ""));
    return false;
  }
  if (empty == Empty::kRefused && node.items.empty()) {
    Error(node, fmt::format("The section \"{}\" is empty.", section));
    return false;
  }
  return true;
}

std::vector<const Node*> Values::Strings(std::string_view section, const Node& node, Empty empty, Empty empty_item) {
  std::vector<const Node*> strings;
  if (!Sequence(section, node, empty)) return strings;
  for (const Node* item : node.items) {
    if (const Node* text = String(*item, empty_item); text != nullptr) strings.push_back(text);
  }
  return strings;
}

std::vector<const Node*> Values::StringOrStrings(std::string_view section, const Node& node, Empty empty, Empty empty_item) {
  if (!node.IsScalar()) return Strings(section, node, empty, empty_item);
  if (empty == Empty::kAllowed && node.IsNull()) return {};
  const Node* text = String(node, empty_item);
  return text == nullptr ? std::vector<const Node*>() : std::vector<const Node*>{text};
}

const Node* Values::Expression(const Node& node, std::string_view expecting) {
  if (IsOneExpression(node.value)) return &node;
  Error(node, fmt::format("One ${{{{ … }}}} or {} is expected, but this is plain text.", expecting));
  return nullptr;
}

const Node* Values::Bool(const Node& node) {
  if (!node.IsScalar() || (node.tag != "!!bool" && node.tag != "!!str")) {
    Error(node, fmt::format("A boolean is expected, but this is a {}{}.", NodeKindName(node),
                            node.IsScalar() ? fmt::format(" of type {}", node.tag) : ""));
    return nullptr;
  }
  return node.tag == "!!bool" ? &node : Expression(node, "true or false");
}

const Node* Values::Int(const Node& node) {
  if (!node.IsScalar() || (node.tag != "!!int" && node.tag != "!!str")) {
    Error(node, fmt::format("An integer is expected, but this is a {}{}.", NodeKindName(node),
                            node.IsScalar() ? fmt::format(" of type {}", node.tag) : ""));
    return nullptr;
  }
  return node.tag == "!!int" ? &node : Expression(node, "an integer");
}

const Node* Values::Float(const Node& node) {
  if (!node.IsScalar() || (node.tag != "!!int" && node.tag != "!!float" && node.tag != "!!str")) {
    Error(node, fmt::format("A number is expected, but this is a {}{}.", NodeKindName(node),
                            node.IsScalar() ? fmt::format(" of type {}", node.tag) : ""));
    return nullptr;
  }
  return node.tag != "!!str" ? &node : Expression(node, "a number");
}

void Values::Unexpected(const Entry& entry, std::string_view section, std::initializer_list<std::string_view> known) {
  std::vector<std::string_view> candidates(known);
  std::string message = fmt::format("The key \"{}\" is not known in \"{}\".", entry.key->value, section);
  const std::string nearest = NearestWord(entry.key->value, candidates);
  if (!nearest.empty()) {
    message += fmt::format(" Did you mean \"{}\"?", nearest);
  } else {
    std::sort(candidates.begin(), candidates.end());
    message += fmt::format(" It knows {}.", Quoted({candidates.begin(), candidates.end()}));
  }
  Error(*entry.key, std::move(message));
}

}  // namespace tuesday::workflow::lint
