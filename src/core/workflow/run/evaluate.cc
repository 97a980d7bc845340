// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/evaluate.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "core/expression/parser.h"
#include "core/expression/value/json.h"
#include "core/expression/value/text.h"
#include "core/workflow/available.h"

namespace tuesday::workflow {
namespace {

using expression::ArrayValue;
using expression::ObjectValue;
using expression::Value;

EvaluationProblem ProblemAt(Place at, std::string_view message) {
  if (at.line == 0) return {std::string(message)};
  return {fmt::format("Line {}, column {}: {}", at.line, at.column, message)};
}

Token TokenOf(const Value& value, Place at) {
  Token token;
  token.at = at;
  if (const bool* boolean = value.as_boolean(); boolean != nullptr) {
    token.kind = TokenKind::kBoolean;
    token.boolean = *boolean;
  } else if (const double* number = value.as_number(); number != nullptr) {
    token.kind = TokenKind::kNumber;
    token.number = *number;
  } else if (const std::string* text = value.as_string(); text != nullptr) {
    token = Token::String(at, *text);
  } else if (const ArrayValue* array = value.as_array(); array != nullptr) {
    token.kind = TokenKind::kSequence;
    for (const Value& item : array->items) token.items.push_back(TokenOf(item, at));
  } else if (const ObjectValue* object = value.as_object(); object != nullptr) {
    token.kind = TokenKind::kMapping;
    for (const auto& [key, member] : object->members()) token.members.push_back({Token::String(at, key), TokenOf(member, at)});
  }
  return token;
}

Evaluated<Token> EvaluateMapping(const Token& token, const Contexts& contexts) {
  Token result = token;
  result.members.clear();
  for (const Member& member : token.members) {
    auto value = EvaluateToken(member.value, contexts);
    if (!value) return std::unexpected(value.error());
    if (member.key.Is(TokenKind::kInsert)) {
      for (Member& inserted : value->members) result.members.push_back(std::move(inserted));
      continue;
    }
    auto key = EvaluateText(member.key, contexts);
    if (!key) return std::unexpected(key.error());
    result.members.push_back({Token::String(member.key.at, std::move(*key)), std::move(*value)});
  }
  return result;
}

std::shared_ptr<ObjectValue> NewObject(expression::KeyCase key_case) { return std::make_shared<ObjectValue>(key_case); }

}  // namespace

void Put(Pairs& pairs, const std::string& key, std::string value) {
  for (auto& [known, old] : pairs) {
    if (known != key) continue;
    old = std::move(value);
    return;
  }
  pairs.emplace_back(key, std::move(value));
}

std::string ResultText(RunResult result) {
  switch (result) {
    case RunResult::kNone: return "";
    case RunResult::kSuccess: return "success";
    case RunResult::kFailure: return "failure";
    case RunResult::kCancelled: return "cancelled";
    case RunResult::kSkipped: return "skipped";
  }
  return "";
}

std::string HashKey(const std::vector<std::string>& patterns) { return fmt::format("{}", fmt::join(patterns, "\n")); }

Value Contexts::NamedValue(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  for (const auto& [known, value] : values_) {
    if (expression::SameText(known, name)) return value;
  }
  return {};
}

expression::Outcome<Value> Contexts::HashFiles(const std::vector<Value>& parameters) const {
  std::vector<std::string> patterns;
  for (const Value& parameter : parameters) patterns.push_back(parameter.ToText());
  if (hashes_ != nullptr) {
    if (const auto found = hashes_->find(HashKey(patterns)); found != hashes_->end()) return Value(found->second);
  }
  wanted_hash_ = std::move(patterns);
  return std::unexpected(expression::Problem{expression::ProblemKind::kEvaluation, "hashFiles() has no answer yet", 0});
}

bool Contexts::OfJobs(const std::vector<Value>& ids, RunResult wanted, bool all) const {
  for (const Value& id : ids) {
    const auto found = status_.jobs->find(expression::UpperCase(id.ToText()));
    const bool has = found != status_.jobs->end() && found->second == wanted;
    if (has != all) return has;
  }
  return all;
}

expression::Outcome<Value> Contexts::Call(std::string_view name, const std::vector<Value>& parameters) const {
  const bool of_jobs = !parameters.empty() && status_.jobs != nullptr;
  if (expression::SameText(name, "always")) return Value(true);
  if (expression::SameText(name, "cancelled")) return Value(status_.cancelled);
  if (expression::SameText(name, "success"))
    return Value(of_jobs ? OfJobs(parameters, RunResult::kSuccess, true) : status_.success);
  if (expression::SameText(name, "failure"))
    return Value(of_jobs ? OfJobs(parameters, RunResult::kFailure, false) : status_.failure);
  if (expression::SameText(name, "hashFiles")) return HashFiles(parameters);
  return std::unexpected(
      expression::Problem{expression::ProblemKind::kEvaluation, fmt::format("'{}' cannot be called here", name), 0});
}

Evaluated<Value> EvaluateValue(const Token& token, const Contexts& contexts) {
  if (!token.IsExpression()) {
    if (!HasExpression(token)) return ToValue(token);
    auto evaluated = EvaluateToken(token, contexts);
    if (!evaluated) return std::unexpected(evaluated.error());
    return ToValue(*evaluated);
  }
  const auto node = expression::ParseExpression(token.text, VocabularyOf(token.available));
  if (!node) return std::unexpected(ProblemAt(token.at, node.error().message));
  if (!node->has_value()) return Value();
  auto value = expression::Evaluate(**node, contexts);
  if (!value) return std::unexpected(ProblemAt(token.at, value.error().message));
  return std::move(*value);
}

Evaluated<Token> EvaluateToken(const Token& token, const Contexts& contexts) {
  if (!HasExpression(token)) return token;
  if (token.IsExpression()) {
    const auto value = EvaluateValue(token, contexts);
    if (!value) return std::unexpected(value.error());
    return TokenOf(*value, token.at);
  }
  if (token.Is(TokenKind::kMapping)) return EvaluateMapping(token, contexts);
  Token result = token;
  result.items.clear();
  for (const Token& item : token.items) {
    auto value = EvaluateToken(item, contexts);
    if (!value) return std::unexpected(value.error());
    result.items.push_back(std::move(*value));
  }
  return result;
}

Evaluated<std::string> EvaluateText(const Token& token, const Contexts& contexts) {
  auto value = EvaluateValue(token, contexts);
  if (!value) return std::unexpected(value.error());
  if (!value->IsPrimitive()) return std::unexpected(ProblemAt(token.at, "A sequence or mapping cannot be a text here"));
  return value->ToText();
}

Evaluated<bool> EvaluateCondition(const Token& token, const Contexts& contexts) {
  auto value = EvaluateValue(token, contexts);
  if (!value) return std::unexpected(value.error());
  return value->Holds();
}

Evaluated<Pairs> EvaluatePairs(const Token& token, const Contexts& contexts) {
  auto evaluated = EvaluateToken(token, contexts);
  if (!evaluated) return std::unexpected(evaluated.error());
  Pairs pairs;
  for (const Member& member : evaluated->members) {
    if (!member.value.IsScalar())
      return std::unexpected(ProblemAt(member.value.at, fmt::format("The value of '{}' must be a text", member.key.text)));
    Put(pairs, member.key.text, ToValue(member.value).ToText());
  }
  return pairs;
}

Evaluated<bool> EvaluateFlag(const std::optional<Token>& token, const Contexts& contexts, bool otherwise) {
  if (!token.has_value()) return otherwise;
  auto value = EvaluateValue(*token, contexts);
  if (!value) return std::unexpected(value.error());
  if (const bool* flag = value->as_boolean(); flag != nullptr) return *flag;
  if (value->kind() == expression::ValueKind::kNull) return otherwise;
  return std::unexpected(ProblemAt(token->at, fmt::format("'{}' is neither true nor false", value->ToText())));
}

Evaluated<std::optional<Duration>> EvaluateMinutes(const std::optional<Token>& token, const Contexts& contexts) {
  if (!token.has_value()) return std::nullopt;
  auto value = EvaluateValue(*token, contexts);
  if (!value) return std::unexpected(value.error());
  const double minutes = value->ToNumber();
  constexpr double kMinutesMax = 60.0 * 24 * 365;
  if (std::isnan(minutes) || minutes < 0 || minutes > kMinutesMax)
    return std::unexpected(ProblemAt(token->at, fmt::format("'{}' is not a number of minutes", value->ToText())));
  if (minutes == 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::ratio<60>>(minutes));
}

Value ObjectOf(const Pairs& pairs, expression::KeyCase key_case) {
  auto object = NewObject(key_case);
  for (const auto& [key, value] : pairs) object->Set(key, Value(value));
  return Value(expression::ObjectPtr(std::move(object)));
}

}  // namespace tuesday::workflow
