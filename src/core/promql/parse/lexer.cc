// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parse/lexer.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/metrics/text.h"
#include "core/promql/parse/utf8.h"

namespace tuesday::promql {

namespace {

constexpr std::string_view kDigits = "0123456789";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlphaNumeric(char c) { return IsAlpha(c) || IsDigit(c); }

const std::map<std::string_view, Token>& Words() {
  static const std::map<std::string_view, Token> kWords = [] {
    std::map<std::string_view, Token> words = {{"atan2", Token::kAtan2},
                                               {"and", Token::kAnd},
                                               {"or", Token::kOr},
                                               {"unless", Token::kUnless},
                                               {"offset", Token::kOffset},
                                               {"anchored", Token::kAnchored},
                                               {"smoothed", Token::kSmoothed},
                                               {"by", Token::kBy},
                                               {"without", Token::kWithout},
                                               {"on", Token::kOn},
                                               {"ignoring", Token::kIgnoring},
                                               {"group_left", Token::kGroupLeft},
                                               {"group_right", Token::kGroupRight},
                                               {"fill", Token::kFill},
                                               {"fill_left", Token::kFillLeft},
                                               {"fill_right", Token::kFillRight},
                                               {"bool", Token::kBool},
                                               {"start", Token::kStart},
                                               {"end", Token::kEnd},
                                               {"step", Token::kStep},
                                               {"range", Token::kRange},
                                               {"min_of", Token::kMinOf},
                                               {"max_of", Token::kMaxOf},
                                               {"inf", Token::kNumber},
                                               {"nan", Token::kNumber}};
    for (int i = 0; i <= static_cast<int>(AggregateOp::kLimitRatio); ++i) {
      words.emplace(AggregateOpText(static_cast<AggregateOp>(i)), static_cast<Token>(static_cast<int>(Token::kSum) + i));
    }
    return words;
  }();
  return kWords;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<LexedToken> Run() {
    while (!done_) {
      start_ = at_;
      if (inside_braces_) {
        InsideBraces();
      } else if (inside_brackets_) {
        InsideBrackets();
      } else {
        Statement();
      }
    }
    return std::move(tokens_);
  }

 private:
  // Past the end this is '\0', which no rule accepts.
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool AtEnd() const { return at_ >= text_.size(); }

  bool Accept(std::string_view set) {
    if (AtEnd() || set.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  void Emit(Token kind) {
    tokens_.push_back({kind, text_.substr(start_, at_ - start_), {static_cast<int>(start_), static_cast<int>(at_)}, {}});
    start_ = at_;
  }

  void EmitLength(Token kind, std::size_t length) {
    at_ = start_ + length;
    Emit(kind);
  }

  void Error(std::string message) {
    tokens_.push_back({Token::kError, {}, {static_cast<int>(start_), static_cast<int>(text_.size())}, std::move(message)});
    done_ = true;
  }

  std::string RuneAt(std::size_t at) const { return QuotedRune(text_.substr(std::min(at, text_.size()))); }

  void SkipSpaces() {
    while (IsSpace(Peek())) ++at_;
  }

  void Statement() {
    if (AtEnd()) {
      if (paren_depth_ != 0) return Error("unclosed left parenthesis");
      Emit(Token::kEof);
      done_ = true;
      return;
    }
    const char c = Peek();
    if (c == '#') return Comment();
    if (IsSpace(c)) return SkipSpaces();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return NumberOrDuration();
    if (c == '"' || c == '\'') return String();
    if (c == '`') return RawString();
    if (IsAlpha(c) || c == ':') return Word();
    Punctuation(c);
  }

  void Punctuation(char c) {
    static constexpr std::string_view kSimple = ",+-*%^@/";
    static constexpr Token kKinds[] = {Token::kComma, Token::kAdd, Token::kSub, Token::kMul,
                                       Token::kMod,   Token::kPow, Token::kAt,  Token::kDiv};
    if (const std::size_t i = kSimple.find(c); i != std::string_view::npos) return EmitLength(kKinds[i], 1);
    const char next = Peek(1);
    switch (c) {
      case '=':
        if (next == '~') return Error("unexpected character after '=': '~'");
        return next == '=' ? EmitLength(Token::kEqualEqual, 2) : EmitLength(Token::kEqual, 1);
      case '!':
        if (next != '=') return Error("unexpected character after '!': " + RuneAt(at_ + 1));
        return EmitLength(Token::kNotEqual, 2);
      case '<':
        if (next == '/') return EmitLength(Token::kTrimUpper, 2);
        return next == '=' ? EmitLength(Token::kLessEqual, 2) : EmitLength(Token::kLess, 1);
      case '>':
        if (next == '/') return EmitLength(Token::kTrimLower, 2);
        return next == '=' ? EmitLength(Token::kGreaterEqual, 2) : EmitLength(Token::kGreater, 1);
      case '(': ++paren_depth_; return EmitLength(Token::kLeftParen, 1);
      case ')': return RightParen();
      case '{': inside_braces_ = true; return EmitLength(Token::kLeftBrace, 1);
      case '[':
        inside_brackets_ = true;
        got_colon_ = false;
        got_duration_ = false;
        return EmitLength(Token::kLeftBracket, 1);
      case ']': return Error("unexpected right bracket ']'");
      default: return Error("unexpected character: " + RuneAt(at_));
    }
  }

  void RightParen() {
    if (--paren_depth_ < 0) {
      start_ = ++at_;
      return Error("unexpected right parenthesis ')'");
    }
    EmitLength(Token::kRightParen, 1);
  }

  void Comment() {
    while (!AtEnd() && Peek() != '\n') ++at_;
    Emit(Token::kComment);
  }

  void InsideBraces() {
    if (AtEnd()) return Error("unexpected end of input inside braces");
    const char c = Peek();
    if (c == '#') return Comment();
    if (IsSpace(c)) return SkipSpaces();
    if (c == '"' || c == '\'') return String();
    if (c == '`') return RawString();
    if (IsAlpha(c)) {
      while (IsAlphaNumeric(Peek())) ++at_;
      return Emit(Token::kIdentifier);
    }
    switch (c) {
      case ',': return EmitLength(Token::kComma, 1);
      case '=': return Peek(1) == '~' ? EmitLength(Token::kEqualRegex, 2) : EmitLength(Token::kEqual, 1);
      case '!':
        if (Peek(1) == '~') return EmitLength(Token::kNotEqualRegex, 2);
        if (Peek(1) == '=') return EmitLength(Token::kNotEqual, 2);
        return Error("unexpected character after '!' inside braces: " + RuneAt(at_ + 1));
      case '{': return Error("unexpected left brace '{'");
      case '}': inside_braces_ = false; return EmitLength(Token::kRightBrace, 1);
      default: return Error("unexpected character inside braces: " + RuneAt(at_));
    }
  }

  void InsideBrackets() {
    if (AtEnd()) return Error("unexpected end of input in duration expression");
    const char c = Peek();
    if (IsSpace(c)) return SkipSpaces();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      got_duration_ = true;
      return NumberOrDuration();
    }
    if (IsAlpha(c)) return WordInsideBrackets();
    static constexpr std::string_view kSimple = ",+-*%^/";
    static constexpr Token kKinds[] = {Token::kComma, Token::kAdd, Token::kSub, Token::kMul,
                                       Token::kMod,   Token::kPow, Token::kDiv};
    if (const std::size_t i = kSimple.find(c); i != std::string_view::npos) return EmitLength(kKinds[i], 1);
    switch (c) {
      case ']': inside_brackets_ = false; return EmitLength(Token::kRightBracket, 1);
      case ':':
        if (!got_duration_) return Error("unexpected colon before duration in duration expression");
        if (got_colon_) return Error("unexpected repeated colon in duration expression");
        got_colon_ = true;
        return EmitLength(Token::kColon, 1);
      case '(': ++paren_depth_; return EmitLength(Token::kLeftParen, 1);
      case ')': return RightParen();
      default: return Error("unexpected character in duration expression: " + RuneAt(at_));
    }
  }

  void WordInsideBrackets() {
    std::size_t end = at_;
    while (end < text_.size() && IsAlphaNumeric(text_[end])) ++end;
    const auto word = Words().find(Lower(text_.substr(at_, end - at_)));
    if (word == Words().end() || word->second < Token::kStep) {
      if (got_duration_) return Error("unexpected character: " + RuneAt(at_) + ", expected ':'");
      return Error("unexpected character in duration expression: " + RuneAt(at_));
    }
    got_duration_ = true;
    EmitLength(word->second, end - at_);
  }

  static std::string Lower(std::string_view word) {
    std::string lower(word);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
  }

  void Word() {
    while (IsAlphaNumeric(Peek()) || Peek() == ':') ++at_;
    const std::string_view word = text_.substr(start_, at_ - start_);
    const auto known = Words().find(Lower(word));
    if (known != Words().end()) {
      const bool fill = known->second >= Token::kFill && known->second <= Token::kFillRight;
      if (!fill || NextIsParen()) return Emit(known->second);
    }
    Emit(word.find(':') == std::string_view::npos ? Token::kIdentifier : Token::kMetricIdentifier);
  }

  bool NextIsParen() const {
    std::size_t ahead = 0;
    while (IsSpace(Peek(ahead))) ++ahead;
    return Peek(ahead) == '(';
  }

  void NumberOrDuration() {
    if (Number()) return Emit(Token::kNumber);
    if (RemainingDuration()) return Emit(Token::kDuration);
    if (!AtEnd() && IsAlphaNumeric(Peek())) ++at_;
    Error("bad number or duration syntax: " + metrics::Quoted(text_.substr(start_, at_ - start_)));
  }

  // Which characters may not follow a dot, an exponent and an underscore, as upstream has it.
  bool Number() {
    std::string_view digits = kDigits;
    if (Accept("0") && Accept("xX")) {
      Accept("_");
      digits = "0123456789abcdefABCDEF";
    }
    bool dot = Accept(".");
    bool exponent = false;
    Accept(digits);
    while (!AtEnd()) {
      if (Accept(".")) {
        if (dot || Accept("_.") || digits.size() > kDigits.size()) return false;
        dot = true;
      } else if (digits.size() == kDigits.size() && Accept("eE")) {
        if (exponent) return false;
        exponent = true;
        Accept("+-");
        if (Accept("._eE") || AtEnd()) return false;
      } else if (Accept("_")) {
        if (Accept("._eE") || AtEnd()) return false;
      } else if (!Accept(digits)) {
        break;
      }
    }
    return !IsAlphaNumeric(Peek());
  }

  bool RemainingDuration() {
    if (!Accept("smhdwy")) return false;
    Accept("s");
    while (Accept(kDigits)) {
      while (Accept(kDigits)) {}
      if (!Accept("smhdw")) return false;
      Accept("s");
    }
    return !IsAlphaNumeric(Peek());
  }

  void String() {
    const char quote = text_[at_++];
    while (true) {
      if (AtEnd() || Peek() == '\n') return Error("unterminated quoted string");
      if (Peek() == '\\') {
        ++at_;
        if (!Escape(quote)) return;
        continue;
      }
      const std::size_t length = Utf8Length(text_.substr(at_));
      if (length == 0) return Error("invalid UTF-8 rune");
      at_ += length;
      if (length == 1 && text_[at_ - 1] == quote) return Emit(Token::kString);
    }
  }

  void RawString() {
    ++at_;
    while (true) {
      if (AtEnd()) return Error("unterminated raw string");
      const std::size_t length = Utf8Length(text_.substr(at_));
      if (length == 0) return Error("invalid UTF-8 rune");
      at_ += length;
      if (text_[at_ - 1] == '`') return Emit(Token::kString);
    }
  }

  bool Escape(char quote) {
    if (AtEnd()) {
      Error("escape sequence not terminated");
      return false;
    }
    const char c = text_[at_];
    if (std::string_view("abfnrtv\\").find(c) != std::string_view::npos || c == quote) {
      ++at_;
      return true;
    }
    if (c >= '0' && c <= '7') return EscapeDigits(3, 8, 255);
    if (c != 'x' && c != 'u' && c != 'U') {
      Error("unknown escape sequence " + UnicodeName(text_.substr(at_)));
      return false;
    }
    ++at_;
    return c == 'x' ? EscapeDigits(2, 16, 255) : EscapeDigits(c == 'u' ? 4 : 8, 16, 0x10FFFF);
  }

  bool EscapeDigits(int count, std::uint32_t base, std::uint32_t max) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t digit = DigitValue(Peek());
      if (digit >= base) {
        Error(AtEnd() ? "escape sequence not terminated"
                      : "illegal character " + UnicodeName(text_.substr(at_)) + " in escape sequence");
        return false;
      }
      value = value * base + digit;
      ++at_;
    }
    if (value > max || (value >= 0xD800 && value < 0xE000)) {
      Error("escape sequence is an invalid Unicode code point");
      return false;
    }
    return true;
  }

  std::string_view text_;
  std::size_t start_ = 0;
  std::size_t at_ = 0;
  int paren_depth_ = 0;
  bool inside_braces_ = false;
  bool inside_brackets_ = false;
  bool got_colon_ = false;
  bool got_duration_ = false;
  bool done_ = false;
  std::vector<LexedToken> tokens_;
};

}  // namespace

std::vector<LexedToken> Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace tuesday::promql
