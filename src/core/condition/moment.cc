// SPDX-License-Identifier: Apache-2.0
#include "core/condition/moment.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/time.h"
#include "core/condition/lexer.h"

namespace tuesday::condition {
namespace {

// An instant, or a length of time.
struct Term {
  std::int64_t ms = 0;
  bool is_instant = false;
};

class MomentParser {
 public:
  MomentParser(std::vector<Token> tokens, std::int64_t now_ms) : tokens_(std::move(tokens)), now_ms_(now_ms) {}

  Result<std::int64_t> Run() {
    TRY(const Term term, Sum());
    if (Now().kind != Token::Kind::kEnd) return Unexpected();
    if (!term.is_instant) return FailAt(1, "This is a length of time and no instant.", "Write now() before it.");
    return term.ms;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  bool Is(std::string_view sign) const { return Now().kind == Token::Kind::kOperator && Now().text == sign; }
  bool Eat(std::string_view sign) {
    if (!Is(sign)) return false;
    ++at_;
    return true;
  }

  std::unexpected<Error> Unexpected() const {
    const std::string what = Now().kind == Token::Kind::kEnd ? "the end" : Now().text;
    return FailAt(Now().column, fmt::format("\"{}\" is not expected here.", what.empty() ? CanonicalJson(Now().value) : what),
                  "An instant is written with now(), date(\"...\"), duration(\"...\"), + and -.");
  }

  Result<Term> Sum() {
    TRY(Term left, Signed());
    while (Is("+") || Is("-")) {
      const int column = Now().column;
      const bool minus = Is("-");
      ++at_;
      TRY(const Term right, Signed());
      TRY(left, Join(left, right, minus, column));
    }
    return left;
  }

  static Result<Term> Join(const Term& left, const Term& right, bool minus, int column) {
    if (right.is_instant && !minus && left.is_instant)
      return FailAt(column, "Two instants cannot be added.", "Add a duration(\"...\").");
    if (right.is_instant && minus && !left.is_instant)
      return FailAt(column, "An instant cannot be taken away from a length of time.");
    return Term{minus ? left.ms - right.ms : left.ms + right.ms, left.is_instant != right.is_instant};
  }

  Result<Term> Signed() {
    const int column = Now().column;
    if (!Eat("-")) return Value();
    TRY(Term term, Value());
    if (term.is_instant) return FailAt(column, "An instant has no sign.");
    term.ms = -term.ms;
    return term;
  }

  Result<Term> Value() {
    if (Is("(")) {
      if (++depth_ > kMomentDepthMax) return FailAt(Now().column, "There are too many parentheses inside of parentheses.");
      ++at_;
      TRY(const Term term, Sum());
      if (!Eat(")")) return Unexpected();
      --depth_;
      return term;
    }
    if (Now().kind != Token::Kind::kName) return Unexpected();
    const Token name = Now();
    ++at_;
    if (!Eat("(")) return Unexpected();
    if (name.text == "now") {
      if (!Eat(")")) return Unexpected();
      return Term{now_ms_, true};
    }
    if (Now().kind != Token::Kind::kString) return Unexpected();
    const std::string argument = Now().value.StringOr("");
    const int column = Now().column;
    ++at_;
    if (!Eat(")")) return Unexpected();
    return Called(name, argument, column);
  }

  static Result<Term> Called(const Token& name, const std::string& argument, int column) {
    if (name.text == "duration") {
      const Result<Duration> length = ParseGoDuration(argument);
      if (!length.has_value()) return FailAt(column, length.error().message, length.error().hint);
      return Term{std::chrono::duration_cast<std::chrono::milliseconds>(*length).count(), false};
    }
    if (name.text != "date") {
      return FailAt(name.column, fmt::format("There is no function {} for instants.", name.text),
                    "now(), date(\"...\") and duration(\"...\") are there.");
    }
    std::string text = argument;
    if (text.size() == 10) text += "T00:00:00Z";
    if (text.size() == 19 && text[10] == ' ') text = text.substr(0, 10) + "T" + text.substr(11) + "Z";
    const Result<WallTime> time = ParseWall(text);
    if (!time.has_value()) return FailAt(column, fmt::format("\"{}\" is not a date.", argument), time.error().hint);
    return Term{time->time_since_epoch().count(), true};
  }

  std::vector<Token> tokens_;
  std::int64_t now_ms_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<std::int64_t> EvaluateMoment(std::string_view text, std::int64_t now_ms) {
  if (text.size() > kMomentBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("The instant has {} bytes; {} is the limit.", text.size(), kMomentBytesMax));
  TRY(std::vector<Token> tokens, Tokenize(text));
  return MomentParser(std::move(tokens), now_ms).Run();
}

}  // namespace tuesday::condition
