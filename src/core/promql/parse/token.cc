// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/metrics/text.h"
#include "core/promql/parse/lexer.h"

namespace tuesday::promql {

std::string_view TokenName(Token kind) {
  static constexpr std::array kNames =
      std::to_array<std::string_view>({"EOF",         "ERROR",       "COMMENT",      "IDENTIFIER",    "METRIC_IDENTIFIER",
                                       "STRING",      "NUMBER",      "DURATION",     "LEFT_PAREN",    "RIGHT_PAREN",
                                       "LEFT_BRACE",  "RIGHT_BRACE", "LEFT_BRACKET", "RIGHT_BRACKET", "COMMA",
                                       "COLON",       "EQL",         "EQL_REGEX",    "NEQ_REGEX",     "AT",
                                       "ADD",         "SUB",         "MUL",          "DIV",           "MOD",
                                       "POW",         "ATAN2",       "EQLC",         "NEQ",           "LSS",
                                       "LTE",         "GTR",         "GTE",          "TRIM_UPPER",    "TRIM_LOWER",
                                       "LAND",        "LOR",         "LUNLESS",      "SUM",           "AVG",
                                       "COUNT",       "MIN",         "MAX",          "GROUP",         "STDDEV",
                                       "STDVAR",      "TOPK",        "BOTTOMK",      "COUNT_VALUES",  "QUANTILE",
                                       "LIMITK",      "LIMIT_RATIO", "OFFSET",       "ANCHORED",      "SMOOTHED",
                                       "BY",          "WITHOUT",     "ON",           "IGNORING",      "GROUP_LEFT",
                                       "GROUP_RIGHT", "FILL",        "FILL_LEFT",    "FILL_RIGHT",    "BOOL",
                                       "START",       "END",         "STEP",         "RANGE",         "MIN_OF",
                                       "MAX_OF"});
  static_assert(kNames.size() == static_cast<std::size_t>(Token::kMaxOf) + 1);
  return kNames.at(static_cast<std::size_t>(kind));
}

bool IsOperatorToken(Token kind) { return (kind >= Token::kAdd && kind <= Token::kUnless); }
bool IsAggregatorToken(Token kind) { return kind >= Token::kSum && kind <= Token::kLimitRatio; }
bool IsKeywordToken(Token kind) { return kind >= Token::kOffset && kind <= Token::kBool; }

bool IsWordToken(Token kind) {
  return kind >= Token::kSum || kind == Token::kAtan2 || (kind >= Token::kAnd && kind <= Token::kUnless);
}

std::string DescribeToken(const LexedToken& token) {
  const std::string text(token.text);
  switch (token.kind) {
    case Token::kEof: return "end of input";
    case Token::kIdentifier: return "identifier " + metrics::Quoted(text);
    case Token::kMetricIdentifier: return "metric identifier " + metrics::Quoted(text);
    case Token::kString:
    case Token::kNumber:
    case Token::kDuration: {
      const std::string kind = token.kind == Token::kString   ? "string "
                               : token.kind == Token::kNumber ? "number "
                                                              : "duration ";
      return kind + (text.size() > 10 ? metrics::Quoted(text.substr(0, 10)) + "..." : metrics::Quoted(text));
    }
    default: break;
  }
  if (IsKeywordToken(token.kind)) return "<" + text + ">";
  if (IsOperatorToken(token.kind) || token.kind == Token::kAt) return "<op:" + text + ">";
  if (IsAggregatorToken(token.kind)) return "<aggr:" + text + ">";
  return metrics::Quoted(text);
}

}  // namespace tuesday::promql
