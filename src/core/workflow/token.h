// SPDX-License-Identifier: Apache-2.0
// A value of a workflow file as it was read: typed, with its place, and with expressions checked but not evaluated. What a job
// or step holds is made of these until the run gives the contexts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/value/value.h"

namespace tuesday::workflow {

// The numbers are those of GitHub's own serialised form.
enum class TokenKind {
  kString = 0,
  kSequence = 1,
  kMapping = 2,
  kExpression = 3,
  kInsert = 4,
  kBoolean = 5,
  kNumber = 6,
  kNull = 7
};

// `file` counts from 1 in the workflow's list of files; 0 is none. Lines and columns count from 1, columns in characters.
struct Place {
  int file = 0;
  int line = 0;
  int column = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

// Contexts and functions that an expression may use where it stands: a set of `Available` bits.
using AvailableSet = std::uint32_t;

struct Member;

// `text` is the string, or the expression without its braces. `source` is the scalar as written when it is an expression.
struct Token {
  TokenKind kind = TokenKind::kNull;
  Place at;
  std::string text;
  std::string source;
  bool boolean = false;
  double number = 0;
  std::vector<Token> items;
  std::vector<Member> members;
  AvailableSet available = 0;

  bool Is(TokenKind wanted) const { return kind == wanted; }
  bool IsExpression() const { return kind == TokenKind::kExpression || kind == TokenKind::kInsert; }
  bool IsScalar() const { return kind != TokenKind::kSequence && kind != TokenKind::kMapping; }

  // The value of the member with this key, or null's address.
  const Token* Find(std::string_view key) const;

  // The scalar as a text: null is empty, an expression is written with its braces.
  std::string ScalarText() const;

  static Token String(Place at, std::string text);
  static Token Expression(Place at, std::string text);
};

struct Member {
  Token key;
  Token value;
};

// Whether the token or anything in it is an expression.
bool HasExpression(const Token& token);

// The token without expressions as a value. Expressions come out as null.
expression::Value ToValue(const Token& token);

}  // namespace tuesday::workflow
