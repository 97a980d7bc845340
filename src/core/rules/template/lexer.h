// SPDX-License-Identifier: Apache-2.0
// Splits a template into text and the tokens of its actions, with Go's trimming of white space beside {{- and -}}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tuesday::rules::text {

enum class TokenKind {
  kText,
  kLeft,
  kRight,
  kIdentifier,
  kField,     // ".name"
  kVariable,  // "$name"
  kDot,
  kNumber,
  kChar,  // 'a'
  kString,
  kRawString,
  kPipe,
  kOpen,
  kClose,
  kDeclare,  // :=
  kAssign,   // =
  kComma,    // And every other printable character.
  kSpace,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::size_t at = 0;
  int line = 1;
};

inline constexpr std::size_t kTemplateBytesMax = 256 << 10;

// Comments are gone. An error reads as Go's, without the name: "test:1: unclosed action" is `1: unclosed action` here.
Result<std::vector<Token>> Lex(std::string_view text);

}  // namespace tuesday::rules::text
