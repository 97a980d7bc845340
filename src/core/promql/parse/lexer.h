// SPDX-License-Identifier: Apache-2.0
// Splits PromQL text into tokens with Prometheus' rules, positions and words. Pure; the text must outlive the tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/promql/ast.h"

namespace tuesday::promql {

enum class Token {
  kEof,
  kError,
  kComment,
  kIdentifier,
  kMetricIdentifier,
  kString,
  kNumber,
  kDuration,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kEqual,  // `=`, in matchers.
  kEqualRegex,
  kNotEqualRegex,
  kAt,
  // Operators, in the order of BinaryOp.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqualEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless,
  // Aggregators, in the order of AggregateOp.
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopK,
  kBottomK,
  kCountValues,
  kQuantile,
  kLimitK,
  kLimitRatio,
  // Keywords.
  kOffset,
  kAnchored,
  kSmoothed,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kFill,
  kFillLeft,
  kFillRight,
  kBool,
  // Words with a meaning only before parentheses.
  kStart,
  kEnd,
  kStep,
  kRange,
  kMinOf,
  kMaxOf
};

struct LexedToken {
  Token kind = Token::kEof;
  std::string_view text;
  PosRange pos;  // Of an error: from its token to the end of the text.
  std::string error;
};

// Upstream's name of a kind, such as "LEFT_PAREN".
std::string_view TokenName(Token kind);

bool IsOperatorToken(Token kind);
bool IsAggregatorToken(Token kind);
bool IsKeywordToken(Token kind);
// Operators spelt as words, aggregators, keywords and the words before parentheses: all may also be names.
bool IsWordToken(Token kind);

// How messages name a token: `identifier "b"`, `<op:*>`, `end of input`.
std::string DescribeToken(const LexedToken& token);

// All tokens; the last is kEof or kError. Comments are among them.
std::vector<LexedToken> Lex(std::string_view text);

// The value of a quoted string token. kInvalid if an escape is wrong (the lexer refuses those).
Result<std::string> Unquote(std::string_view quoted);

// A rune between single quotes as Go's %q writes it.
std::string QuotedRune(std::string_view text);

}  // namespace tuesday::promql
