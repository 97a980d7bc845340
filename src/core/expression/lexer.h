// SPDX-License-Identifier: Apache-2.0
// Cuts an expression into tokens, and refuses a token that cannot follow the one before it: which token is told as unexpected
// is part of what users read, so the rules are those of GitHub's runner.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/expression/value/value.h"

namespace tuesday::expression {

enum class TokenKind {
  kStartGroup,       // "(" of a group
  kStartIndex,       // "["
  kStartParameters,  // "(" of a call
  kEndGroup,
  kEndIndex,
  kEndParameters,
  kSeparator,    // ","
  kDereference,  // "."
  kWildcard,     // "*"
  kOperator,     // "!", "==", …
  kLiteral,      // null, a boolean, a number or a text
  kPropertyName,
  kFunction,
  kNamedValue,
  kUnexpected,
};

// `text` is the token as written, a view into the expression. `malformed` tells what is no token at all from a token that
// cannot stand where it does; both are kUnexpected.
struct Token {
  TokenKind kind = TokenKind::kUnexpected;
  std::string_view text;
  std::size_t offset = 0;
  Value literal;
  bool malformed = false;
};

// Tokens one after the other. The expression's text must outlive it.
class Lexer {
 public:
  explicit Lexer(std::string_view expression) : text_(expression) {}

  // Nothing at the end.
  std::optional<Token> Next();

  // Whether a group, an index or a call is open.
  bool HasUnclosed() const { return !unclosed_.empty(); }

 private:
  Token ReadToken();
  Token ReadNumber();
  Token ReadKeyword();
  Token ReadString();
  Token ReadOperator();
  std::size_t EndOfWord(std::size_t from, std::string_view also) const;
  Token Make(TokenKind kind, std::size_t end, Value literal = {});
  bool MayFollow(TokenKind kind, std::string_view text) const;
  bool TrackBrackets(TokenKind kind);

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<TokenKind> last_;
  std::vector<TokenKind> unclosed_;
};

}  // namespace tuesday::expression
