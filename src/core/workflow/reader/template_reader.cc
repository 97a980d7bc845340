// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/reader/template_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/expression/value/text.h"
#include "core/workflow/available.h"

namespace tuesday::workflow {
namespace {

constexpr std::size_t kMembersRoom = 4;  // Most mappings have so many members or fewer.

std::string Unexpected(const Token& token) { return fmt::format("Unexpected value '{}'", token.ScalarText()); }

// The keys that only one of the candidates has: any of them would tell what was meant.
std::string TellingKeys(const std::vector<const Definition*>& candidates) {
  std::map<std::string, int> counts;
  for (const Definition* candidate : candidates) {
    if (candidate->unlisted) continue;
    for (const Property& property : candidate->properties) {
      if (property.name != "background") ++counts[property.name];
    }
  }
  std::string keys;
  for (const auto& [name, count] : counts) {
    if (count == 1) keys += (keys.empty() ? "" : ", ") + name;
  }
  return keys;
}

// The value's type among the candidates that have the key; the others are ruled out by it. Nothing when no candidate has it.
const Definition* Match(std::vector<const Definition*>& candidates, std::string_view key) {
  const auto first =
      std::find_if(candidates.begin(), candidates.end(), [&](const auto* each) { return each->Find(key) != nullptr; });
  if (first == candidates.end()) return nullptr;
  const Definition* type = (*first)->Find(key)->definition;
  if (candidates.size() == 1) return type;
  std::erase_if(candidates, [&](const auto* each) { return each->Find(key) == nullptr; });
  return type;
}

// The keys of one mapping, whatever their case. Few are compared one by one, many are sorted.
class KeySet {
 public:
  // False when the key is there already.
  bool Insert(std::string_view key) {
    if (few_.size() < kFewMax) {
      if (few_.empty()) few_.reserve(kRoom);
      const auto same = [&](const std::string& each) { return expression::SameText(each, key); };
      if (std::any_of(few_.begin(), few_.end(), same)) return false;
      few_.emplace_back(key);
      return true;
    }
    if (all_.empty()) {
      for (const std::string& each : few_) all_.insert(expression::UpperCase(each));
    }
    return all_.insert(expression::UpperCase(key)).second;
  }

 private:
  static constexpr std::size_t kFewMax = 16;
  static constexpr std::size_t kRoom = 8;

  std::vector<std::string> few_;
  std::set<std::string> all_;
};

Token AsKey(Token scalar) {
  if (scalar.Is(TokenKind::kString)) return scalar;
  return Token::String(scalar.at, scalar.ScalarText());
}

}  // namespace

std::optional<Token> ReadTemplate(const std::vector<YamlEvent>& events, int file, ReadState& state) {
  return ReadTemplate(events, file, state, WorkflowSchema().Get("workflow-root"));
}

std::optional<Token> ReadTemplate(const std::vector<YamlEvent>& events, int file, ReadState& state,
                                  const Definition& definition) {
  TemplateReader reader(events, file, state);
  Result<Token> root = reader.Read(definition);
  if (root.has_value()) return *std::move(root);
  state.Add({file, 0, 0}, root.error().message);
  return std::nullopt;
}

void CheckInputValue(const Token& value, const Definition& type, ReadState& state) {
  if (value.IsExpression()) return;
  if (value.Is(TokenKind::kSequence)) {
    state.Add(value.at, "A sequence was not expected");
  } else if (value.Is(TokenKind::kMapping)) {
    state.Add(value.at, "A mapping was not expected");
  } else if (!Schema::AllowsLiteral(type, value) && !Schema::AllowsText(type, AsKey(value))) {
    state.Add(value.at, Unexpected(value));
  }
}

Result<Token> TemplateReader::Read(const Definition& root) {
  TRY_OK(events_.Start());
  Token token;
  TRY_OK(ReadValue({&root, root.available}, token));
  TRY_OK(events_.End());
  return token;
}

Result<void> TemplateReader::ReadValue(Scope scope, Token& value) {
  if (events_.Is(EventKind::kScalar)) {
    TRY_OK(events_.TakeScalar(value));
    ParseScalar(value, scope.available);
    Validate(value, scope);
    return state_.AddToken(value);
  }
  if (events_.Is(EventKind::kSequenceStart)) return ReadSequence(scope, value);
  if (events_.Is(EventKind::kMappingStart)) return ReadMapping(scope, value);
  return Fail(ErrorCode::kInvalid, "Expected a scalar value, a sequence, or a mapping");
}

Result<void> TemplateReader::ReadSequence(Scope scope, Token& sequence) {
  sequence.kind = TokenKind::kSequence;
  sequence.at = events_.At();
  sequence.available = scope.available;
  TRY_OK(events_.Next());
  TRY_OK(state_.Enter());
  TRY_OK(state_.AddToken(sequence));
  const auto types = Schema::Alternatives(*scope.definition, DefinitionKind::kSequence);
  if (types.empty()) state_.Add(sequence.at, "A sequence was not expected");
  while (!events_.Is(EventKind::kSequenceEnd)) {
    if (types.empty()) {
      TRY_OK(Skip());
    } else {
      TRY_OK(ReadValue(scope.Into(*types.front()->item), sequence.items.emplace_back()));
    }
  }
  TRY_OK(events_.Next());
  state_.Leave();
  return {};
}

Result<void> TemplateReader::ReadMapping(Scope scope, Token& mapping) {
  mapping.kind = TokenKind::kMapping;
  mapping.at = events_.At();
  mapping.available = scope.available;
  TRY_OK(events_.Next());
  TRY_OK(state_.Enter());
  TRY_OK(state_.AddToken(mapping));
  const auto types = Schema::Alternatives(*scope.definition, DefinitionKind::kMapping);
  if (types.empty()) {
    state_.Add(mapping.at, "A mapping was not expected");
    while (!events_.Is(EventKind::kMappingEnd)) TRY_OK(Skip());
  } else if (types.size() == 1 && types.front()->properties.empty() && types.front()->loose_key != nullptr) {
    TRY_OK(ReadLooseKeys(scope, *types.front(), mapping));
  } else {
    TRY_OK(ReadKnownKeys(scope, types, mapping));
  }
  if (!events_.Is(EventKind::kMappingEnd)) return Fail(ErrorCode::kInvalid, "Expected a scalar as the key of a mapping");
  TRY_OK(events_.Next());
  state_.Leave();
  return {};
}

Result<void> TemplateReader::AddMember(Token& mapping, Token key, Scope scope) {
  TRY_OK(state_.AddToken(key));
  if (mapping.members.empty()) mapping.members.reserve(kMembersRoom);
  Member& member = mapping.members.emplace_back();
  member.key = std::move(key);
  return ReadValue(scope, member.value);
}

Result<void> TemplateReader::ReadKnownKeys(Scope scope, std::vector<const Definition*> candidates, Token& mapping) {
  const Definition* loose_key = candidates.front()->loose_key;
  const Definition* loose_value = candidates.front()->loose_value;
  static const Definition& kAny = WorkflowSchema().Get("any");
  KeySet keys;
  bool has_expression_key = false;
  while (events_.Is(EventKind::kScalar)) {
    Token key;
    TRY_OK(events_.TakeScalar(key));
    ParseScalar(key, scope.available);
    if (key.IsExpression()) {
      has_expression_key = true;
      if (scope.available != 0) {
        TRY_OK(AddMember(mapping, std::move(key), scope.Into(kAny)));
      } else {
        state_.Add(key.at, "A template expression is not allowed in this context");
        TRY_OK(Skip());
      }
      continue;
    }
    if (!key.Is(TokenKind::kString)) key = AsKey(std::move(key));
    if (!keys.Insert(key.text)) {
      state_.Add(key.at, fmt::format("'{}' is already defined", key.text));
      TRY_OK(Skip());
    } else if (const Definition* type = Match(candidates, key.text); type != nullptr) {
      TRY_OK(AddMember(mapping, std::move(key), scope.Into(*type)));
    } else if (loose_key != nullptr) {
      Validate(key, scope.Into(*loose_key));
      TRY_OK(AddMember(mapping, std::move(key), scope.Into(*loose_value)));
    } else {
      state_.Add(key.at, Unexpected(key));
      TRY_OK(Skip());
    }
  }
  CheckComplete(candidates, mapping, has_expression_key);
  return {};
}

void TemplateReader::CheckComplete(const std::vector<const Definition*>& candidates, const Token& mapping,
                                   bool has_expression_key) {
  if (candidates.size() > 1) {
    state_.Add(mapping.at,
               "There's not enough info to determine what you meant. Add one of these properties: " + TellingKeys(candidates));
    return;
  }
  if (has_expression_key) return;
  for (const Property& property : candidates.front()->properties) {
    const auto same = [&](const Member& member) { return expression::SameText(member.key.text, property.name); };
    if (property.required && std::none_of(mapping.members.begin(), mapping.members.end(), same)) {
      state_.Add(mapping.at, "Required property is missing: " + property.name);
    }
  }
}

Result<void> TemplateReader::ReadLooseKeys(Scope scope, const Definition& definition, Token& mapping) {
  KeySet keys;
  while (events_.Is(EventKind::kScalar)) {
    Token key;
    TRY_OK(events_.TakeScalar(key));
    ParseScalar(key, scope.available);
    if (key.IsExpression() && scope.available == 0) {
      state_.Add(key.at, "A template expression is not allowed in this context");
      TRY_OK(Skip());
      continue;
    }
    if (!key.IsExpression()) {
      if (!key.Is(TokenKind::kString)) key = AsKey(std::move(key));
      if (!keys.Insert(key.text)) {
        state_.Add(key.at, fmt::format("'{}' is already defined", key.text));
        TRY_OK(Skip());
        continue;
      }
      Validate(key, scope.Into(*definition.loose_key));
    }
    TRY_OK(AddMember(mapping, std::move(key), scope.Into(*definition.loose_value)));
  }
  return {};
}

Result<void> TemplateReader::Skip() {
  if (events_.Is(EventKind::kScalar)) {
    Token skipped;
    return events_.TakeScalar(skipped);
  }
  const bool sequence = events_.Is(EventKind::kSequenceStart);
  if (!sequence && !events_.Is(EventKind::kMappingStart)) {
    return Fail(ErrorCode::kInvalid, "Expected a scalar value, a sequence, or a mapping");
  }
  TRY_OK(events_.Next());
  TRY_OK(state_.Enter());
  while (!events_.Is(sequence ? EventKind::kSequenceEnd : EventKind::kMappingEnd)) TRY_OK(Skip());
  TRY_OK(events_.Next());
  state_.Leave();
  return {};
}

void TemplateReader::Validate(Token& scalar, Scope scope) {
  if (scalar.Is(TokenKind::kExpression)) {
    if (scope.available == 0) state_.Add(scalar.at, "A template expression is not allowed in this context");
    return;
  }
  if (scalar.Is(TokenKind::kInsert)) {
    state_.Add(scalar.at, Unexpected(scalar));
    return;
  }
  if (Schema::AllowsLiteral(*scope.definition, scalar)) return;
  if (!scalar.Is(TokenKind::kString)) {
    Token text = AsKey(scalar);
    if (Schema::AllowsText(*scope.definition, text)) {
      scalar = std::move(text);
      return;
    }
  }
  state_.Add(scalar.at, Unexpected(scalar));
}

const expression::Vocabulary& TemplateReader::Names(AvailableSet available) {
  const auto found = vocabularies_.find(available);
  if (found != vocabularies_.end()) return found->second;
  return vocabularies_.emplace(available, VocabularyOf(available)).first->second;
}

}  // namespace tuesday::workflow
