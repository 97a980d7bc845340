// SPDX-License-Identifier: Apache-2.0
#include "core/condition/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tuesday::condition {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Longest first.
constexpr std::array<std::string_view, 33> kOperators = {"==", "!=", "<=", ">=", "&&", "||", "??", "?.", "**", "..", "<",
                                                         ">",  "+",  "-",  "*",  "/",  "%",  "^",  "!",  "?",  ":",  "(",
                                                         ")",  "[",  "]",  "{",  "}",  ",",  ".",  "#",  "|",  "=",  ";"};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      TRY_OK(SkipBlanks());
      Token token;
      token.column = static_cast<int>(at_) + 1;
      if (at_ == text_.size()) {
        tokens.push_back(std::move(token));
        return tokens;
      }
      TRY_OK(ReadToken(token));
      tokens.push_back(std::move(token));
    }
  }

 private:
  // Blanks, `// ...` to the end of the line, and `/* ... */`.
  Result<void> SkipBlanks() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (IsSpace(rest.front())) {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return FailAt(static_cast<int>(at_) + 1, "The comment has no end.");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  // 0x1F, 0o17, 0b101.
  Result<void> ReadBased(Token& token, int base) {
    at_ += 2;
    std::string digits;
    while (at_ < text_.size() && (IsDigit(text_[at_]) || IsNameStart(text_[at_]))) {
      if (text_[at_] != '_') digits += text_[at_];
      ++at_;
    }
    std::int64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value, base);
    if (digits.empty() || read.ec != std::errc() || read.ptr != end)
      return FailAt(token.column, fmt::format("\"{}\" is not a number of base {}.", digits, base));
    token.kind = Token::Kind::kNumber;
    token.value = Json(value);
    return {};
  }

  Result<void> ReadToken(Token& token) {
    const char c = text_[at_];
    if (IsDigit(c) || (c == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) return ReadNumber(token);
    if (c == '"' || c == '\'' || c == '`') return ReadString(token);
    if (IsNameStart(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (IsNameStart(text_[at_]) || IsDigit(text_[at_]))) ++at_;
      token.kind = Token::Kind::kName;
      token.text = text_.substr(begin, at_ - begin);
      return {};
    }
    for (const std::string_view candidate : kOperators) {
      if (!text_.substr(at_).starts_with(candidate)) continue;
      token.kind = Token::Kind::kOperator;
      token.text = candidate;
      at_ += candidate.size();
      return {};
    }
    return FailAt(token.column, fmt::format("The character '{}' has no meaning here.", c));
  }

  Result<void> ReadNumber(Token& token) {
    const std::string_view prefix = text_.substr(at_, 2);
    if (prefix == "0x" || prefix == "0X") return ReadBased(token, 16);
    if (prefix == "0o" || prefix == "0O") return ReadBased(token, 8);
    if (prefix == "0b" || prefix == "0B") return ReadBased(token, 2);
    const std::size_t begin = at_;
    bool real = false;
    std::string digits;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool range = c == '.' && at_ + 1 < text_.size() && text_[at_ + 1] == '.';
      const bool sign = (c == '+' || c == '-') && at_ > begin && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (c == '_') continue;
      if (range || !(IsDigit(c) || c == '.' || c == 'e' || c == 'E' || sign)) break;
      real = real || c == '.' || c == 'e' || c == 'E';
      digits += c;
    }
    token.kind = Token::Kind::kNumber;
    const char* end = digits.data() + digits.size();
    if (real) {
      double value = 0;
      const auto read = std::from_chars(digits.data(), end, value);
      if (read.ec != std::errc() || read.ptr != end)
        return FailAt(token.column, fmt::format("\"{}\" is not a number.", digits));
      token.value = Json(value);
      return {};
    }
    std::int64_t value = 0;
    const auto read = std::from_chars(digits.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return FailAt(token.column, fmt::format("\"{}\" is not a number.", digits));
    token.value = Json(value);
    return {};
  }

  Result<void> ReadString(Token& token) {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\' || quote == '`') {
        value += text_[at_++];
        continue;
      }
      if (++at_ == text_.size()) break;
      const char escaped = text_[at_++];
      switch (escaped) {
        case 'n': value += '\n'; break;
        case 't': value += '\t'; break;
        case 'r': value += '\r'; break;
        case '\\':
        case '"':
        case '\'': value += escaped; break;
        default: return FailAt(static_cast<int>(at_), fmt::format("\\{} is not an escape.", escaped));
      }
    }
    if (at_ == text_.size()) return FailAt(token.column, "The text has no closing quote.");
    ++at_;
    token.kind = Token::Kind::kString;
    token.value = Json(std::move(value));
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view text) { return Lexer(text).Run(); }

std::unexpected<Error> FailAt(int column, const std::string& message, std::string hint) {
  return Fail(ErrorCode::kInvalid, fmt::format("column {}: {}", column, message), std::move(hint));
}

}  // namespace tuesday::condition
