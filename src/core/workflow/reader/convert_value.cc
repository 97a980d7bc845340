// SPDX-License-Identifier: Apache-2.0
// Values that are checked as far as they hold no expression: concurrency, runs-on, containers, environments, snapshots.
#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/available.h"
#include "core/workflow/reader/convert.h"
#include "core/workflow/schema/schema.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kDockerPrefix = "docker://";

std::string_view ClassName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kString: return "StringToken";
    case TokenKind::kSequence: return "SequenceToken";
    case TokenKind::kMapping: return "MappingToken";
    case TokenKind::kExpression: return "BasicExpressionToken";
    case TokenKind::kInsert: return "InsertExpressionToken";
    case TokenKind::kBoolean: return "BooleanToken";
    case TokenKind::kNumber: return "NumberToken";
    case TokenKind::kNull: return "NullToken";
  }
  return "";
}

AvailableSet ConditionNames(ConditionOf of) {
  if (of == ConditionOf::kActionStep) return ActionSchema().Get("step-if").available;
  const std::string_view name = of == ConditionOf::kJob ? "job-if" : of == ConditionOf::kStep ? "step-if" : "snapshot-if";
  return WorkflowSchema().Get(name).available;
}

Result<void> CheckLabels(const Token& token) {
  if (!token.Is(TokenKind::kSequence)) return {};
  for (const Token& item : token.items)
    TRY_OK(ExpectOrExpression(item, TokenKind::kString, "job runs-on labels sequence item"));
  return {};
}

void CheckRunnerGroup(const Token& token, ReadState& state) {
  const std::string& name = token.text;
  const auto slashes = std::count(name.begin(), name.end(), '/');
  if (slashes == 0) return;
  const std::string_view owner = std::string_view(name).substr(0, name.find('/'));
  const bool known = owner == "org" || owner == "organization" || owner == "ent" || owner == "enterprise";
  if (slashes == 1 && name.ends_with('/')) {
    state.Add(token.at, fmt::format("Invalid runs-on group name '{}'.", name));
  } else if (slashes > 1 || !known) {
    state.Add(token.at,
              fmt::format("Invalid runs-on group name '{}'. Please use 'organization/' or 'enterprise/' prefix to target a "
                          "single runner group.",
                          name));
  }
}

bool IsImageVersion(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.substr(dot) != ".*") return false;
  const std::string_view major = text.substr(0, dot);
  return !major.empty() && major.size() < 10 && major.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<const Token*> Expect(const Token& token, TokenKind kind, std::string_view what) {
  if (token.Is(kind)) return &token;
  return Fail(ErrorCode::kInvalid,
              fmt::format("Unexpected type '{}' encountered while reading '{}'. The type '{}' was expected.",
                          ClassName(token.kind), what, ClassName(kind)));
}

Result<void> ExpectOrExpression(const Token& token, TokenKind kind, std::string_view what) {
  if (token.IsExpression()) return {};
  TRY_OK(Expect(token, kind, what));
  return {};
}

Result<Token> ConvertCondition(const Token* token, ConditionOf of, ReadState& state) {
  const Place at = token == nullptr ? Place() : token->at;
  const AvailableSet names = ConditionNames(of);
  const auto make = [&](std::string text) {
    Token condition = Token::Expression(at, std::move(text));
    condition.available = names;
    return condition;
  };
  if (token == nullptr) return make("success()");
  if (!token->Is(TokenKind::kExpression)) TRY_OK(Expect(*token, TokenKind::kString, "if"));
  const std::string& text = token->text;
  if (expression::Trim(text).empty()) return make("success()");
  const auto node = expression::ParseExpression(text, VocabularyOf(names));
  if (!node.has_value()) {
    state.Add(at, node.error().message);
    return make("success()");
  }
  if (!node->has_value()) return make("success()");
  Token condition = make(expression::CallsStatusFunction(**node) ? text : "success() && (" + text + ")");
  condition.source = token->source.empty() ? text : token->source;
  return condition;
}

Result<void> CheckConcurrency(const Token& token, ReadState& state) {
  if (token.IsExpression()) return {};
  std::string group;
  if (token.Is(TokenKind::kString)) {
    group = token.text;
  } else {
    TRY_OK(Expect(token, TokenKind::kMapping, "concurrency"));
    for (const Member& member : token.members) {
      if (member.key.IsExpression() || member.value.IsExpression()) continue;
      if (member.key.text == "group") {
        TRY_OK(Expect(member.value, TokenKind::kString, "group key"));
        group = member.value.text;
      } else if (member.key.text == "cancel-in-progress") {
        TRY_OK(Expect(member.value, TokenKind::kBoolean, "cancel-in-progress key"));
      }
    }
  }
  if (expression::Utf16Length(group) > kConcurrencyGroupMax) {
    state.Add(token.at, fmt::format("Concurrency group name must be less than {} characters", kConcurrencyGroupMax));
  }
  return {};
}

Result<void> CheckRunsOn(const Token& token, ReadState& state) {
  TRY_OK(CheckLabels(token));
  for (const Member& member : token.members) {
    if (member.key.text == "labels") TRY_OK(CheckLabels(member.value));
    if (member.key.text != "group" || member.value.IsExpression()) continue;
    TRY_OK(Expect(member.value, TokenKind::kString, "job runs-on group name"));
    CheckRunnerGroup(member.value, state);
  }
  return {};
}

Result<void> CheckEnvironment(const Token& token) {
  if (token.IsExpression() || token.Is(TokenKind::kString)) return {};
  TRY_OK(Expect(token, TokenKind::kMapping, "job environment"));
  const Token* name = token.Find("name");
  if (name == nullptr) return {};
  return ExpectOrExpression(*name, TokenKind::kString, "job environment name");
}

Result<void> CheckSnapshot(const Token& token, ReadState& state) {
  if (token.IsExpression() || token.Is(TokenKind::kString)) return {};
  const Token* condition = token.Find("if");
  if (condition != nullptr) TRY_OK(ConvertCondition(condition, ConditionOf::kSnapshot, state));
  const Token* version = token.Find("version");
  if (version != nullptr && version->Is(TokenKind::kString) && !IsImageVersion(version->text)) {
    state.Add(token.at, fmt::format("Expected format '{{major-version}}.*' Actual '{}'", version->text));
  }
  return {};
}

Result<void> CheckContainer(const Token& token, ContainerRole role, ReadState& state) {
  if (HasExpression(token)) return {};
  const bool shorthand = token.Is(TokenKind::kString);
  if (!shorthand) TRY_OK(Expect(token, TokenKind::kMapping, "container"));
  const Token* given = shorthand ? &token : token.Find("image");
  std::string_view image = given == nullptr ? std::string_view() : std::string_view(given->text);
  const bool prefixed = image.starts_with(kDockerPrefix);
  if (prefixed) image.remove_prefix(kDockerPrefix.size());
  // `container: ''` is how an expression turns the container off; an empty service has no such meaning.
  const bool wrong = prefixed || role == ContainerRole::kService || given == nullptr;
  if (image.empty() && wrong) state.Add(token.at, "Container image cannot be empty");
  return {};
}

Result<void> CheckServices(const Token& token, ReadState& state) {
  if (HasExpression(token)) return {};
  TRY_OK(Expect(token, TokenKind::kMapping, "services"));
  for (const Member& member : token.members) TRY_OK(CheckContainer(member.value, ContainerRole::kService, state));
  return {};
}

}  // namespace tuesday::workflow
