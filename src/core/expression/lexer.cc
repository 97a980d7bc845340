// SPDX-License-Identifier: Apache-2.0
#include "core/expression/lexer.h"

#include <cmath>
#include <limits>

#include "core/expression/value/number.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

constexpr std::string_view kBoundaries = "([)],.!><=&|";

// Whether something that is complete can end with this token: what an operator, a bracket or a comma may follow.
bool EndsOperand(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEndGroup:
    case TokenKind::kEndIndex:
    case TokenKind::kEndParameters:
    case TokenKind::kWildcard:
    case TokenKind::kLiteral:
    case TokenKind::kPropertyName:
    case TokenKind::kNamedValue: return true;
    default: return false;
  }
}

// Whether an operand can begin after this token.
bool BeforeOperand(std::optional<TokenKind> last) {
  if (!last.has_value()) return true;
  switch (*last) {
    case TokenKind::kSeparator:
    case TokenKind::kStartGroup:
    case TokenKind::kStartParameters:
    case TokenKind::kStartIndex:
    case TokenKind::kOperator: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Token> Lexer::Next() {
  while (at_ < text_.size()) {
    const Character character = CharacterAt(text_, at_);
    if (!IsSpace(character.code) || (character.bytes == 1 && character.code >= 0x80)) break;
    at_ += character.bytes;
  }
  if (at_ >= text_.size()) return std::nullopt;
  Token token = ReadToken();
  last_ = token.kind;
  return token;
}

Token Lexer::ReadToken() {
  switch (text_[at_]) {
    case '(': return Make(last_ == TokenKind::kFunction ? TokenKind::kStartParameters : TokenKind::kStartGroup, at_ + 1);
    case '[': return Make(TokenKind::kStartIndex, at_ + 1);
    case ')': {
      const bool call = !unclosed_.empty() && unclosed_.back() == TokenKind::kStartParameters;
      return Make(call ? TokenKind::kEndParameters : TokenKind::kEndGroup, at_ + 1);
    }
    case ']': return Make(TokenKind::kEndIndex, at_ + 1);
    case ',': return Make(TokenKind::kSeparator, at_ + 1);
    case '*': return Make(TokenKind::kWildcard, at_ + 1);
    case '\'': return ReadString();
    case '!':
    case '>':
    case '<':
    case '=':
    case '&':
    case '|': return ReadOperator();
    case '.': return BeforeOperand(last_) ? ReadNumber() : Make(TokenKind::kDereference, at_ + 1);
    default: break;
  }
  const char c = text_[at_];
  return c == '-' || c == '+' || (c >= '0' && c <= '9') ? ReadNumber() : ReadKeyword();
}

// The end of the run that begins with the character at `from`; the characters of `also` do not end it.
std::size_t Lexer::EndOfWord(std::size_t from, std::string_view also) const {
  std::size_t end = from + CharacterAt(text_, from).bytes;
  while (end < text_.size()) {
    const Character character = CharacterAt(text_, end);
    const bool space = IsSpace(character.code) && (character.bytes > 1 || character.code < 0x80);
    const bool boundary = character.code < 0x80 && kBoundaries.find(text_[end]) != std::string_view::npos &&
                          also.find(text_[end]) == std::string_view::npos;
    if (space || boundary) break;
    end += character.bytes;
  }
  return end;
}

Token Lexer::ReadNumber() {
  const std::size_t end = EndOfWord(at_, ".");
  const double number = ParseNumber(text_.substr(at_, end - at_));
  if (std::isnan(number)) return Make(TokenKind::kUnexpected, end);
  return Make(TokenKind::kLiteral, end, Value(number));
}

Token Lexer::ReadKeyword() {
  const std::size_t end = EndOfWord(at_, "");
  const std::string_view word = text_.substr(at_, end - at_);
  if (!IsKeyword(word)) return Make(TokenKind::kUnexpected, end);
  if (last_ == TokenKind::kDereference) return Make(TokenKind::kPropertyName, end);
  if (word == "null") return Make(TokenKind::kLiteral, end);
  if (word == "true") return Make(TokenKind::kLiteral, end, Value(true));
  if (word == "false") return Make(TokenKind::kLiteral, end, Value(false));
  if (word == "NaN") return Make(TokenKind::kLiteral, end, Value(std::numeric_limits<double>::quiet_NaN()));
  if (word == "Infinity") return Make(TokenKind::kLiteral, end, Value(std::numeric_limits<double>::infinity()));
  std::size_t ahead = end;
  while (ahead < text_.size() && IsSpace(CharacterAt(text_, ahead).code)) ahead += CharacterAt(text_, ahead).bytes;
  const bool call = ahead < text_.size() && text_[ahead] == '(';
  return Make(call ? TokenKind::kFunction : TokenKind::kNamedValue, end);
}

Token Lexer::ReadString() {
  std::string value;
  std::size_t end = at_ + 1;
  while (end < text_.size()) {
    const char c = text_[end++];
    if (c == '\'') {
      if (end >= text_.size() || text_[end] != '\'') return Make(TokenKind::kLiteral, end, Value(std::move(value)));
      ++end;
    }
    value += c;
  }
  return Make(TokenKind::kUnexpected, end);
}

Token Lexer::ReadOperator() {
  const std::string_view two = text_.substr(at_, 2);
  for (const std::string_view known : {"!=", ">=", "<=", "==", "&&", "||"}) {
    if (two == known) return Make(TokenKind::kOperator, at_ + 2);
  }
  if (two[0] == '!' || two[0] == '>' || two[0] == '<') return Make(TokenKind::kOperator, at_ + 1);
  return Make(TokenKind::kUnexpected, EndOfWord(at_, ""));
}

bool Lexer::MayFollow(TokenKind kind, std::string_view text) const {
  const bool after_operand = last_.has_value() && EndsOperand(*last_);
  switch (kind) {
    case TokenKind::kStartGroup:
    case TokenKind::kLiteral:
    case TokenKind::kFunction:
    case TokenKind::kNamedValue: return BeforeOperand(last_);
    case TokenKind::kStartIndex:
    case TokenKind::kDereference: return after_operand && last_ != TokenKind::kLiteral;
    case TokenKind::kStartParameters: return last_ == TokenKind::kFunction;
    case TokenKind::kEndParameters: return after_operand || last_ == TokenKind::kStartParameters;
    case TokenKind::kEndGroup:
    case TokenKind::kEndIndex:
    case TokenKind::kSeparator: return after_operand;
    case TokenKind::kWildcard: return last_ == TokenKind::kStartIndex || last_ == TokenKind::kDereference;
    case TokenKind::kPropertyName: return last_ == TokenKind::kDereference;
    case TokenKind::kOperator: return text == "!" ? BeforeOperand(last_) : after_operand;
    case TokenKind::kUnexpected: return false;
  }
  return false;
}

// False when a bracket closes, or a comma separates, what is not open.
bool Lexer::TrackBrackets(TokenKind kind) {
  const auto open = [&](TokenKind start) { return !unclosed_.empty() && unclosed_.back() == start; };
  const auto close = [&](TokenKind start) {
    if (!open(start)) return false;
    unclosed_.pop_back();
    return true;
  };
  switch (kind) {
    case TokenKind::kStartGroup:
    case TokenKind::kStartIndex:
    case TokenKind::kStartParameters: unclosed_.push_back(kind); return true;
    case TokenKind::kEndGroup: return close(TokenKind::kStartGroup);
    case TokenKind::kEndIndex: return close(TokenKind::kStartIndex);
    case TokenKind::kEndParameters: return close(TokenKind::kStartParameters);
    case TokenKind::kSeparator: return open(TokenKind::kStartParameters);
    default: return true;
  }
}

Token Lexer::Make(TokenKind kind, std::size_t end, Value literal) {
  Token token{kind, text_.substr(at_, end - at_), at_, std::move(literal), kind == TokenKind::kUnexpected};
  if (!MayFollow(kind, token.text) || !TrackBrackets(kind)) token.kind = TokenKind::kUnexpected;
  at_ = end;
  return token;
}

}  // namespace tuesday::expression
