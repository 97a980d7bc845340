// SPDX-License-Identifier: Apache-2.0
// The recursive descent behind ParseExpr: private to the parser_*.cc files. Used once for one text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/promql/parse/lexer.h"
#include "core/promql/parser.h"

namespace tuesday::promql {

// Fills Expr::text of the whole tree. printer.cc
void KeepTexts(Expr& expr);

using Node = std::shared_ptr<Expr>;  // Mutable while modifiers are still to come; null after a syntax error.

class ParserState {
 public:
  ParserState(std::string_view text, const ParserOptions& options);

  // The whole text as one expression; null if a problem was found.
  Node ParseAll();

  std::vector<ParseProblem>& problems() { return problems_; }

 private:
  // parser_expr.cc
  Node Binary(int precedence_min);
  Node BinaryRest(Node left, Token op);
  bool MatchingModifiers(BinaryExpr& binary);
  bool FillModifiers(BinaryExpr& binary);
  Node Unary();
  Node Primary();
  Node Number();
  Node Paren();
  Node Aggregate();
  Node Call();
  bool Arguments(std::vector<ExprPtr>& arguments);
  bool LabelList(std::vector<std::string>& labels);

  // parser_selector.cc
  Node Selector(bool with_name);
  bool Matchers(VectorSelector& selector);
  bool OneMatcher(VectorSelector& selector);
  Node Postfix(Node node);
  Node Range(Node node);
  Node Offset(Node node);
  Node At(Node node);
  Node Edge(Node node);
  TimeShift* ShiftOf(Expr& expr, const char* modifier);

  // parser_duration.cc
  using DurationPtr = std::shared_ptr<const DurationNode>;
  DurationPtr DurationBinary(int precedence_min);
  DurationPtr DurationUnary(bool operators);
  DurationPtr DurationPrimary();
  DurationPtr DurationLiteral();
  DurationPtr Fold(DurationNode node);
  bool BracketDuration(Duration& duration, const char* context, const char* expected);
  bool OffsetDuration(Duration& duration);
  bool ToDuration(const DurationPtr& node, Duration& duration);

  const LexedToken& Current() const { return tokens_[at_]; }
  const LexedToken& Ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool Is(Token kind) const { return Current().kind == kind; }
  bool AcceptToken(Token kind);
  void Next();
  void Problem(PosRange pos, std::string message) { problems_.push_back({pos, std::move(message)}); }
  // Reports the current token, unless the lexer has an error to tell; always false.
  bool Unexpected(std::string_view context = {}, std::string_view expected = {});
  template <typename T>
  Node Make(T value, ValueType type, PosRange pos, int depth);

  std::string_view text_;
  ParserOptions options_;
  std::vector<LexedToken> tokens_;
  std::size_t at_ = 0;
  int last_end_ = 0;  // End of the last token taken.
  int nesting_ = 0;
  const Expr* broken_range_ = nullptr;
  std::vector<ParseProblem> problems_;
};

template <typename T>
Node ParserState::Make(T value, ValueType type, PosRange pos, int depth) {
  if (depth > options_.depth_max) {
    Problem(pos, "the expression is nested too deeply");
    return nullptr;
  }
  auto node = std::make_shared<Expr>();
  node->node = std::move(value);
  node->type = type;
  node->pos = pos;
  node->depth = depth;
  return node;
}

// Value of a number token: integers with Go's prefixes first, floats second.
Result<double> ParseNumber(std::string_view text);

// check.cc: the types of a whole tree, as upstream checks them after parsing.
void CheckTypes(const Expr& expr, std::string_view text, std::vector<ParseProblem>& problems);

}  // namespace tuesday::promql
