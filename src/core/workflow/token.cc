// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/token.h"

#include <algorithm>

#include "core/expression/value/number.h"

namespace tuesday::workflow {

const Token* Token::Find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key.Is(TokenKind::kString) && member.key.text == key) return &member.value;
  }
  return nullptr;
}

std::string Token::ScalarText() const {
  switch (kind) {
    case TokenKind::kString: return text;
    case TokenKind::kExpression: return "${{ " + text + " }}";
    case TokenKind::kInsert: return "${{ insert }}";
    case TokenKind::kBoolean: return boolean ? "true" : "false";
    case TokenKind::kNumber: return expression::NumberText(number);
    default: return "";
  }
}

Token Token::String(Place at, std::string text) {
  Token token;
  token.kind = TokenKind::kString;
  token.at = at;
  token.text = std::move(text);
  return token;
}

Token Token::Expression(Place at, std::string text) {
  Token token = String(at, std::move(text));
  token.kind = TokenKind::kExpression;
  return token;
}

bool HasExpression(const Token& token) {
  if (token.IsExpression()) return true;
  const auto member = [](const Member& each) { return HasExpression(each.key) || HasExpression(each.value); };
  return std::any_of(token.items.begin(), token.items.end(), HasExpression) ||
         std::any_of(token.members.begin(), token.members.end(), member);
}

expression::Value ToValue(const Token& token) {
  switch (token.kind) {
    case TokenKind::kString: return expression::Value(token.text);
    case TokenKind::kBoolean: return expression::Value(token.boolean);
    case TokenKind::kNumber: return expression::Value(token.number);
    case TokenKind::kSequence: {
      std::vector<expression::Value> items;
      for (const Token& item : token.items) items.push_back(ToValue(item));
      return expression::Value::Array(std::move(items));
    }
    case TokenKind::kMapping: {
      std::vector<std::pair<std::string, expression::Value>> members;
      for (const Member& member : token.members) members.emplace_back(member.key.text, ToValue(member.value));
      return expression::Value::Object(std::move(members));
    }
    default: return expression::Value();
  }
}

}  // namespace tuesday::workflow
