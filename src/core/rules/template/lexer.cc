// SPDX-License-Identifier: Apache-2.0
#include "core/rules/template/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tuesday::rules::text {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

// The code point that begins at `text`, for messages only.
std::uint32_t CodePoint(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x80) return byte(0);
  if (byte(0) < 0xe0) return (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
  if (byte(0) < 0xf0) return (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
  return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3fU) << 12 | (byte(2) & 0x3fU) << 6 | (byte(3) & 0x3fU);
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    while (at_ < text_.size()) {
      const std::size_t open = text_.find("{{", at_);
      if (open == std::string_view::npos) {
        EmitText(text_.size(), false);
        break;
      }
      const bool trims = TrimsAfter(open);
      EmitText(open, trims);
      TRY_OK(Action(trims));
    }
    Emit(TokenKind::kEnd, 0);
    return std::move(tokens_);
  }

 private:
  std::unexpected<Error> Bad(const std::string& message) const {
    return Fail(ErrorCode::kInvalid, fmt::format("{}: {}", line_, message));
  }

  bool TrimsAfter(std::size_t open) const {
    return open + 3 < text_.size() && text_[open + 2] == '-' && IsSpace(text_[open + 3]);
  }

  void Emit(TokenKind kind, std::size_t length) {
    tokens_.push_back({kind, std::string(text_.substr(at_, length)), at_, line_});
    Skip(length);
  }

  void Skip(std::size_t length) {
    const std::string_view passed = text_.substr(at_, length);
    line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    at_ += length;
  }

  void EmitText(std::size_t end, bool trims) {
    std::size_t last = end;
    if (trims) {
      while (last > at_ && IsSpace(text_[last - 1])) --last;
    }
    if (last > at_) Emit(TokenKind::kText, last - at_);
    Skip(end - at_);
  }

  bool AtClose(bool& trims) const {
    const std::string_view rest = text_.substr(at_);
    trims = rest.size() >= 4 && IsSpace(rest[0]) && rest.substr(1).starts_with("-}}");
    return trims || rest.starts_with("}}");
  }

  Result<void> Comment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return Bad("unclosed comment");
    Skip(end + 2 - at_);
    bool trims = false;
    if (!AtClose(trims)) return Bad("comment ends before closing delimiter");
    if (trims) Skip(2);
    Skip(2);
    while (trims && at_ < text_.size() && IsSpace(text_[at_])) Skip(1);
    return {};
  }

  Result<void> Action(bool trims) {
    const std::size_t lead = trims ? 4 : 2;
    if (text_.substr(at_ + lead).starts_with("/*")) {
      Skip(lead);
      return Comment();
    }
    Emit(TokenKind::kLeft, 2);
    Skip(lead - 2);
    int parens = 0;
    while (true) {
      bool closes = false;
      if (at_ < text_.size() && AtClose(closes)) {
        if (parens > 0) return Bad("unclosed left paren");
        Close(closes);
        return {};
      }
      if (at_ >= text_.size()) return Bad("unclosed action");
      TRY_OK(Inside(parens));
    }
  }

  // A trim marker eats the white space that follows.
  void Close(bool trims) {
    if (trims) Skip(2);
    Emit(TokenKind::kRight, 2);
    while (trims && at_ < text_.size() && IsSpace(text_[at_])) Skip(1);
  }

  Result<void> Inside(int& parens) {
    const char c = text_[at_];
    if (IsSpace(c)) {
      std::size_t length = 1;
      while (at_ + length < text_.size() && IsSpace(text_[at_ + length])) ++length;
      // The last blank before -}} belongs to the closing marker.
      if (text_.substr(at_ + length).starts_with("-}}")) --length;
      if (length > 0) Emit(TokenKind::kSpace, length);
      return {};
    }
    if (text_.substr(at_).starts_with(":=")) return Emit(TokenKind::kDeclare, 2), Result<void>();
    switch (c) {
      case '=': return Emit(TokenKind::kAssign, 1), Result<void>();
      case '|': return Emit(TokenKind::kPipe, 1), Result<void>();
      case '(': return ++parens, Emit(TokenKind::kOpen, 1), Result<void>();
      case ')':
        if (--parens < 0) return Bad("unexpected right paren");
        return Emit(TokenKind::kClose, 1), Result<void>();
      case '"': return Quoted('"', TokenKind::kString);
      case '\'': return Quoted('\'', TokenKind::kChar);
      case '`': return Raw();
      case '$': return Emit(TokenKind::kVariable, 1 + WordLength(at_ + 1)), Result<void>();
      case ':': return Bad("expected :=");
      default: break;
    }
    if (c == '.' && !(at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) {
      const std::size_t length = WordLength(at_ + 1);
      return Emit(length == 0 ? TokenKind::kDot : TokenKind::kField, 1 + length), Result<void>();
    }
    if (c == '+' || c == '-' || c == '.' || IsDigit(c)) return Number();
    const bool letter = IsWord(c) && ((c & 0x80) == 0 || CodePoint(text_.substr(at_)) >= 0xc0);
    if (letter) return Emit(TokenKind::kIdentifier, WordLength(at_)), Result<void>();
    if (c > ' ' && c < 0x7f) return Emit(TokenKind::kComma, 1), Result<void>();
    const std::uint32_t code = CodePoint(text_.substr(at_));
    return Bad(fmt::format("unrecognized character in action: U+{:04X}", code));
  }

  std::size_t WordLength(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    return end - from;
  }

  Result<void> Quoted(char quote, TokenKind kind) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] != quote) {
      return Bad(kind == TokenKind::kString ? "unterminated quoted string" : "unterminated character constant");
    }
    Emit(kind, end + 1 - at_);
    return {};
  }

  Result<void> Raw() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return Bad("unterminated raw quoted string");
    Emit(TokenKind::kRawString, end + 1 - at_);
    return {};
  }

  Result<void> Number() {
    std::size_t end = at_ + 1;
    while (end < text_.size() &&
           (IsWord(text_[end]) || text_[end] == '.' ||
            ((text_[end] == '+' || text_[end] == '-') && (text_[end - 1] == 'e' || text_[end - 1] == 'E')))) {
      ++end;
    }
    const std::string_view digits = text_.substr(at_, end - at_);
    if (digits.find_first_of("0123456789") == std::string_view::npos) {
      return Bad(fmt::format("bad number syntax: \"{}\"", digits));
    }
    Emit(TokenKind::kNumber, end - at_);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> Lex(std::string_view text) {
  if (text.size() > kTemplateBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("1: the template has {} bytes; the limit is {}", text.size(), kTemplateBytesMax));
  }
  return Lexer(text).Run();
}

}  // namespace tuesday::rules::text
