// SPDX-License-Identifier: Apache-2.0
// Scalars with `${{ … }}` in them: alone an expression, within text a call of format(), `${{ insert }}` a directive.
#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/reader/template_reader.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kOpen = "${{";

// The end of the expression that opens at `start`, behind its "}}"; npos when it is not closed. Quotes hide braces.
std::size_t EndOfExpression(std::string_view raw, std::size_t start) {
  bool in_string = false;
  for (std::size_t at = start + kOpen.size(); at < raw.size(); ++at) {
    if (raw[at] == '\'') in_string = !in_string;
    if (!in_string && raw[at] == '}' && raw[at - 1] == '}') return at + 1;
  }
  return std::string_view::npos;
}

// The text of an expression that is one string literal and nothing else.
std::optional<std::string> LiteralText(std::string_view text) {
  std::string out;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\'') {
      in_string = !in_string;
      if (in_string && at != 0) out += '\'';
    } else if (!in_string) {
      return std::nullopt;
    } else {
      out += text[at];
    }
  }
  return out;
}

// Literal text as it stands in format()'s first parameter.
std::string EscapeForFormat(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '{' || c == '}') out += c;
    out += c;
  }
  return out;
}

std::size_t CountWords(std::string_view text) {
  std::size_t words = 0;
  bool in_string = false;
  bool in_word = false;
  int brackets = 0;
  for (std::size_t at = 0; at < text.size();) {
    const expression::Character character = expression::CharacterAt(text, at);
    at += character.bytes;
    const bool space = expression::IsSpace(character.code) && !in_string && brackets == 0;
    if (!space && !in_word) ++words;
    in_word = !space;
    if (character.code == '\'') in_string = !in_string;
    if (character.code == '(' && !in_string) ++brackets;
    if (character.code == ')' && !in_string) --brackets;
  }
  return words;
}

}  // namespace

void TemplateReader::ParseScalar(Token& literal, AvailableSet available) {
  literal.available = available;
  if (!literal.Is(TokenKind::kString)) return;
  const std::string& raw = literal.text;
  std::size_t open = raw.find(kOpen);
  if (open == std::string::npos) return;
  std::vector<Token> segments;
  int height = 0;  // Of the highest expression.
  for (std::size_t at = 0; at < raw.size();) {
    if (at != open) {
      const std::size_t end = std::min(open, raw.size());
      segments.push_back(Token::String(literal.at, raw.substr(at, end - at)));
      at = end;
      continue;
    }
    const std::size_t end = EndOfExpression(raw, open);
    if (end == std::string::npos) {
      state_.Add(
          literal.at,
          "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.");
      return;
    }
    const std::size_t from = open + kOpen.size();
    // "${{}}" closes with the brace that opened: what is between would be negative.
    const std::string_view inside = end >= from + 2 ? std::string_view(raw).substr(from, end - 2 - from) : std::string_view();
    std::optional<Token> segment = ParseExpression(literal, inside, available, height);
    if (!segment.has_value()) return;
    if (segment->Is(TokenKind::kInsert) && (open != 0 || end < raw.size())) {
      state_.Add(literal.at,
                 "The directive 'insert' is not allowed in this context. Directives are not supported for expressions that are "
                 "embedded "
                 "within a string. Directives are only supported when the entire value is an expression.");
      return;
    }
    segments.push_back(*std::move(segment));
    at = end;
    open = raw.find(kOpen, at);
  }
  std::optional<Token> joined = JoinSegments(literal, segments, available, height);
  if (!joined.has_value()) return;
  joined->source = literal.text;
  joined->available = available;
  literal = *std::move(joined);
}

std::optional<Token> TemplateReader::JoinSegments(const Token& literal, const std::vector<Token>& segments,
                                                  AvailableSet available, int height) {
  if (segments.size() == 1) {
    const Token& only = segments.front();
    const std::optional<std::string> text = only.Is(TokenKind::kExpression) ? LiteralText(only.text) : std::nullopt;
    return text.has_value() ? Token::String({file_, literal.at.line, literal.at.column}, *text) : only;
  }
  std::string format;
  std::string parameters;
  int index = 0;
  for (const Token& segment : segments) {
    if (segment.Is(TokenKind::kString)) {
      format += EscapeForFormat(segment.text);
    } else {
      format += fmt::format("{{{}}}", index++);
      parameters += ", " + segment.text;
    }
  }
  const std::string whole = fmt::format("format('{}'{})", format, parameters);
  // Each part was parsed; together they can only be too much.
  const bool fits = height < expression::kExpressionDepthMax && whole.size() <= expression::kExpressionLengthMax &&
                    index < expression::kParametersMax;
  if (!fits && !HeightOf(literal, whole, available).has_value()) return std::nullopt;
  return Token::Expression(literal.at, whole);
}

std::optional<Token> TemplateReader::ParseExpression(const Token& literal, std::string_view raw, AvailableSet available,
                                                     int& height) {
  const std::string_view text = expression::Trim(raw);
  if (text.empty()) {
    state_.Add(literal.at, "An expression was expected");
    return std::nullopt;
  }
  constexpr std::string_view kInsert = "insert";
  const bool directive = text.starts_with(kInsert) && (text.size() == kInsert.size() ||
                                                       expression::IsSpace(expression::CharacterAt(text, kInsert.size()).code));
  if (directive) {
    const std::size_t words = CountWords(text.substr(kInsert.size()));
    if (words > 0) {
      state_.Add(literal.at,
                 fmt::format("Exactly 0 parameter(s) were expected following the directive 'insert'. Actual parameter "
                             "count: {}",
                             words));
      return std::nullopt;
    }
    Token insert = Token::Expression(literal.at, "");
    insert.kind = TokenKind::kInsert;
    return insert;
  }
  const std::optional<int> own_height = HeightOf(literal, text, available);
  if (!own_height.has_value()) return std::nullopt;
  height = std::max(height, *own_height);
  return Token::Expression(literal.at, std::string(text));
}

// Nothing for a text that is no expression here, which is told.
std::optional<int> TemplateReader::HeightOf(const Token& literal, std::string_view text, AvailableSet available) {
  const auto node = expression::ParseExpression(text, Names(available));
  if (node.has_value()) return node->has_value() ? (*node)->height : 0;
  state_.Add(literal.at, node.error().message);
  return std::nullopt;
}

}  // namespace tuesday::workflow
