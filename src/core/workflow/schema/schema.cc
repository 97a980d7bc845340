// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/schema/schema.h"

#include <algorithm>

#include "base/check.h"
#include "core/workflow/available.h"

namespace tuesday::workflow {
namespace {

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

DefinitionKind KindOf(std::string_view word) {
  if (word == "null") return DefinitionKind::kNull;
  if (word == "boolean") return DefinitionKind::kBoolean;
  if (word == "number") return DefinitionKind::kNumber;
  if (word == "string") return DefinitionKind::kString;
  if (word == "list") return DefinitionKind::kSequence;
  if (word == "map") return DefinitionKind::kMapping;
  CHECK(word == "one-of", word);
  return DefinitionKind::kOneOf;
}

}  // namespace

const Property* Definition::Find(std::string_view name) const {
  const auto found =
      std::find_if(properties.begin(), properties.end(), [&](const Property& each) { return each.name == name; });
  return found == properties.end() ? nullptr : &*found;
}

bool Definition::Matches(const Token& literal) const {
  switch (kind) {
    case DefinitionKind::kNull: return literal.Is(TokenKind::kNull);
    case DefinitionKind::kBoolean: return literal.Is(TokenKind::kBoolean);
    case DefinitionKind::kNumber: return literal.Is(TokenKind::kNumber);
    case DefinitionKind::kString:
      if (!literal.Is(TokenKind::kString)) return false;
      return constant.empty() ? !non_empty || !literal.text.empty() : literal.text == constant;
    default: return false;
  }
}

Schema::Schema(std::string_view text) {
  for (const std::string_view simple : {"null", "boolean", "number", "string"}) Slot(simple).kind = KindOf(simple);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) ReadLine(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Definition& Schema::Slot(std::string_view name) {
  const auto found = definitions_.find(name);
  return found == definitions_.end() ? definitions_[std::string(name)] : found->second;
}

// "@set name…" names a set of what is available; "name (set…) = kind …" is a definition.
void Schema::ReadLine(std::string_view line) {
  const std::vector<std::string_view> words = Words(line);
  const auto equal = std::find(words.begin(), words.end(), "=");
  CHECK(equal != words.end() && equal + 1 != words.end(), line);
  const std::vector<std::string_view> head(words.begin(), equal);
  const std::vector<std::string_view> body(equal + 1, words.end());
  AvailableSet available = 0;
  const std::vector<std::string_view>& names = line.starts_with('@') ? body : head;
  for (std::size_t i = line.starts_with('@') ? 0 : 1; i < names.size(); ++i) {
    const auto set = sets_.find(names[i]);
    const auto bit = FindAvailable(names[i]);
    CHECK(set != sets_.end() || bit.has_value(), names[i]);
    available |= set != sets_.end() ? set->second : static_cast<AvailableSet>(*bit);
  }
  if (line.starts_with('@')) {
    sets_.emplace(head.front(), available);
    return;
  }
  Definition& definition = Slot(head.front());
  definition.available = available;
  definition.kind = KindOf(body.front());
  const std::vector<std::string_view> rest(body.begin() + 1, body.end());
  switch (definition.kind) {
    case DefinitionKind::kString:
      for (const std::string_view word : rest) {
        if (word == "non-empty") {
          definition.non_empty = true;
        } else {
          definition.constant = word;
        }
      }
      return;
    case DefinitionKind::kSequence: definition.item = &Slot(rest.at(0)); return;
    case DefinitionKind::kOneOf:
      for (const std::string_view word : rest) definition.one_of.push_back(&Slot(word));
      return;
    case DefinitionKind::kMapping: ReadMapping(definition, rest); return;
    default: return;
  }
}

// "key:type", "key!:type" when it is required, "*key-type:type" for all other keys, "unlisted".
void Schema::ReadMapping(Definition& definition, const std::vector<std::string_view>& words) {
  for (std::string_view word : words) {
    if (word == "unlisted") {
      definition.unlisted = true;
      continue;
    }
    const std::size_t colon = word.find(':');
    CHECK(colon != std::string_view::npos, word);
    const Definition& type = Slot(word.substr(colon + 1));
    std::string_view key = word.substr(0, colon);
    if (key.starts_with('*')) {
      definition.loose_key = &Slot(key.substr(1));
      definition.loose_value = &type;
      continue;
    }
    const bool required = key.ends_with('!');
    if (required) key.remove_suffix(1);
    definition.properties.push_back({std::string(key), &type, required});
  }
}

const Definition& Schema::Get(std::string_view name) const {
  const auto found = definitions_.find(name);
  CHECK(found != definitions_.end(), name);
  return found->second;
}

std::vector<const Definition*> Schema::Alternatives(const Definition& definition, DefinitionKind kind) {
  std::vector<const Definition*> found;
  if (definition.kind == kind) found.push_back(&definition);
  for (const Definition* each : definition.one_of) {
    if (each->kind == kind) found.push_back(each);
  }
  return found;
}

bool Schema::AllowsLiteral(const Definition& definition, const Token& literal) {
  const auto matches = [&](const Definition* each) { return each->Matches(literal); };
  return definition.Matches(literal) || std::any_of(definition.one_of.begin(), definition.one_of.end(), matches);
}

bool Schema::AllowsText(const Definition& definition, const Token& literal) {
  const auto matches = [&](const Definition* each) { return each->kind == DefinitionKind::kString && each->Matches(literal); };
  return matches(&definition) || std::any_of(definition.one_of.begin(), definition.one_of.end(), matches);
}

const Schema& ActionSchema() {
  static const Schema kSchema(ActionSchemaText());
  return kSchema;
}

const Schema& WorkflowSchema() {
  static const Schema kSchema(WorkflowSchemaText());
  return kSchema;
}

}  // namespace tuesday::workflow
