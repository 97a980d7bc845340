// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/metrics/text.h"
#include "core/promql/parse/parser_state.h"
#include "core/promql/parse/signatures.h"

namespace tuesday::promql {

namespace {

constexpr int kPowPrecedence = 6;
constexpr int kUnaryOperandPrecedence = kPowPrecedence;  // Unary operators bind like `*`.

int PrecedenceOf(Token op) {
  switch (op) {
    case Token::kOr: return 1;
    case Token::kAnd:
    case Token::kUnless: return 2;
    case Token::kAdd:
    case Token::kSub: return 4;
    case Token::kMul:
    case Token::kDiv:
    case Token::kMod:
    case Token::kAtan2: return 5;
    case Token::kPow: return kPowPrecedence;
    default: return IsOperatorToken(op) ? 3 : 0;
  }
}

}  // namespace

ParserState::ParserState(std::string_view text, const ParserOptions& options)
    : text_(text), options_(options), tokens_(Lex(text)) {
  std::erase_if(tokens_, [](const LexedToken& token) { return token.kind == Token::kComment; });
}

void ParserState::Next() {
  last_end_ = Current().pos.end;
  if (at_ + 1 < tokens_.size()) ++at_;
}

bool ParserState::AcceptToken(Token kind) {
  if (!Is(kind)) return false;
  Next();
  return true;
}

bool ParserState::Unexpected(std::string_view context, std::string_view expected) {
  if (Is(Token::kError)) {
    Problem(Current().pos, Current().error);
    return false;
  }
  std::string message = "unexpected " + DescribeToken(Current());
  if (!context.empty()) message += " in " + std::string(context);
  if (!expected.empty()) message += ", expected " + std::string(expected);
  Problem(Current().pos, std::move(message));
  return false;
}

Node ParserState::ParseAll() {
  if (Is(Token::kEof)) {
    Problem({0, 0}, "no expression found in input");
    return nullptr;
  }
  Node expr = Binary(1);
  if (expr != nullptr && !Is(Token::kEof)) {
    Unexpected();
    return nullptr;
  }
  return expr;
}

Node ParserState::Binary(int precedence_min) {
  // Each level of nesting costs several calls of this parser, so it is bounded apart from the depth of the tree.
  if (++nesting_ > options_.depth_max) {
    Problem(Current().pos, "the expression is nested too deeply");
    return nullptr;
  }
  Node left = Unary();
  while (left != nullptr && PrecedenceOf(Current().kind) >= precedence_min) {
    const Token op = Current().kind;
    Next();
    left = BinaryRest(std::move(left), op);
  }
  --nesting_;
  return left;
}

Node ParserState::BinaryRest(Node left, Token op) {
  BinaryExpr binary;
  binary.op = static_cast<BinaryOp>(static_cast<int>(op) - static_cast<int>(Token::kAdd));
  binary.returns_bool = AcceptToken(Token::kBool);
  if (IsSetOp(binary.op)) binary.matching.card = MatchCard::kManyToMany;
  if (!MatchingModifiers(binary) || !FillModifiers(binary)) return nullptr;
  const int precedence = PrecedenceOf(op);
  Node right = Binary(op == Token::kPow ? precedence : precedence + 1);
  if (right == nullptr) return nullptr;
  const bool scalars = left->type == ValueType::kScalar && right->type == ValueType::kScalar;
  const PosRange pos{left->pos.start, right->pos.end};
  const int depth = std::max(left->depth, right->depth) + 1;
  binary.left = std::move(left);
  binary.right = std::move(right);
  return Make(std::move(binary), scalars ? ValueType::kScalar : ValueType::kVector, pos, depth);
}

bool ParserState::MatchingModifiers(BinaryExpr& binary) {
  if (!Is(Token::kOn) && !Is(Token::kIgnoring)) return true;
  // A metric may be named `on`: it is the modifier only before parentheses.
  binary.matching.on = Is(Token::kOn);
  binary.matching.written = true;
  Next();
  if (!LabelList(binary.matching.labels)) return false;
  if (!Is(Token::kGroupLeft) && !Is(Token::kGroupRight)) return true;
  binary.matching.card = Is(Token::kGroupLeft) ? MatchCard::kManyToOne : MatchCard::kOneToMany;
  Next();
  return !Is(Token::kLeftParen) || LabelList(binary.matching.include);
}

bool ParserState::FillModifiers(BinaryExpr& binary) {
  while (Is(Token::kFill) || Is(Token::kFillLeft) || Is(Token::kFillRight)) {
    const Token kind = Current().kind;
    if (!options_.experimental) {
      Problem(Current().pos, "binop fill modifiers are experimental and not enabled");
      return false;
    }
    Next();
    if (!AcceptToken(Token::kLeftParen)) return Unexpected();
    const bool negative = Is(Token::kSub);
    if (Is(Token::kSub) || Is(Token::kAdd)) Next();
    if (!Is(Token::kNumber) && !Is(Token::kDuration)) return Unexpected();
    const Node number = Number();
    if (number == nullptr) return false;
    const double value = number->As<NumberLiteral>()->value * (negative ? -1 : 1);
    if (!AcceptToken(Token::kRightParen)) return Unexpected();
    if (kind != Token::kFillRight) binary.matching.fill_left = value;
    if (kind != Token::kFillLeft) binary.matching.fill_right = value;
  }
  return true;
}

Node ParserState::Unary() {
  if (!Is(Token::kAdd) && !Is(Token::kSub)) {
    Node primary = Primary();
    return primary == nullptr ? nullptr : Postfix(std::move(primary));
  }
  const bool negate = Is(Token::kSub);
  const int start = Current().pos.start;
  Next();
  Node inner = Binary(kUnaryOperandPrecedence);
  if (inner == nullptr) return nullptr;
  if (const NumberLiteral* number = inner->As<NumberLiteral>()) {
    return Make(NumberLiteral{negate ? -number->value : number->value, number->written_as_duration}, ValueType::kScalar,
                {start, inner->pos.end}, 1);
  }
  const ValueType type = inner->type;
  const PosRange pos{start, inner->pos.end};
  const int depth = inner->depth + 1;
  return Make(UnaryExpr{negate, std::move(inner)}, type, pos, depth);
}

Node ParserState::Number() {
  const LexedToken token = Current();
  Next();
  if (token.kind == Token::kDuration) {
    const Result<std::int64_t> ms = ParseDuration(token.text);
    if (!ms) {
      Problem(token.pos, ms.error().message);
      return nullptr;
    }
    return Make(NumberLiteral{static_cast<double>(*ms) / 1000, true}, ValueType::kScalar, token.pos, 1);
  }
  const Result<double> value = ParseNumber(token.text);
  if (!value) {
    Problem(token.pos, value.error().message);
    return nullptr;
  }
  return Make(NumberLiteral{*value, false}, ValueType::kScalar, token.pos, 1);
}

Node ParserState::Primary() {
  const LexedToken& token = Current();
  switch (token.kind) {
    case Token::kNumber:
    case Token::kDuration: return Number();
    case Token::kLeftParen: return Paren();
    case Token::kLeftBrace: return Selector(false);
    case Token::kString: {
      const PosRange pos = token.pos;
      Result<std::string> value = Unquote(token.text);
      Next();
      if (value) return Make(StringLiteral{*std::move(value)}, ValueType::kString, pos, 1);
      Problem(pos, value.error().message);
      return nullptr;
    }
    default: break;
  }
  const bool before_paren = Ahead().kind == Token::kLeftParen;
  // Modifiers of a matching stand before parentheses and after an operator; a metric of that name does not.
  if (before_paren && token.kind >= Token::kOn && token.kind <= Token::kGroupRight) {
    Unexpected();
    return nullptr;
  }
  if (IsAggregatorToken(token.kind) &&
      (before_paren || Ahead().kind == Token::kBy || Ahead().kind == Token::kWithout || Ahead().kind == Token::kIdentifier)) {
    return Aggregate();
  }
  if (before_paren && (token.kind == Token::kIdentifier || token.kind >= Token::kStart)) return Call();
  if (token.kind == Token::kIdentifier || token.kind == Token::kMetricIdentifier ||
      (IsWordToken(token.kind) && token.kind != Token::kBool)) {
    return Selector(true);
  }
  Unexpected();
  return nullptr;
}

Node ParserState::Paren() {
  const int start = Current().pos.start;
  Next();
  Node inner = Binary(1);
  if (inner == nullptr) return nullptr;
  if (!AcceptToken(Token::kRightParen)) {
    Unexpected();
    return nullptr;
  }
  const ValueType type = inner->type;
  const int depth = inner->depth + 1;
  return Make(ParenExpr{std::move(inner)}, type, {start, last_end_}, depth);
}

Node ParserState::Aggregate() {
  const int start = Current().pos.start;
  AggregateExpr aggregate;
  aggregate.op = static_cast<AggregateOp>(static_cast<int>(Current().kind) - static_cast<int>(Token::kSum));
  Next();
  const auto modifier = [&] {
    if (!Is(Token::kBy) && !Is(Token::kWithout)) return true;
    aggregate.without = Is(Token::kWithout);
    Next();
    return LabelList(aggregate.grouping);
  };
  const bool modifier_first = Is(Token::kBy) || Is(Token::kWithout);
  if (!modifier()) return nullptr;
  if (!Is(Token::kLeftParen)) {
    Unexpected();
    return nullptr;
  }
  std::vector<ExprPtr> arguments;
  if (!Arguments(arguments)) {
    Problem({start, start}, "no arguments for aggregate expression provided");
    return nullptr;
  }
  if (!modifier_first && !modifier()) return nullptr;
  const PosRange pos{start, last_end_};
  const std::size_t wanted = TakesParameter(aggregate.op) ? 2 : 1;
  if (arguments.empty()) {
    Problem(pos, "no arguments for aggregate expression provided");
    return nullptr;
  }
  if ((aggregate.op == AggregateOp::kLimitK || aggregate.op == AggregateOp::kLimitRatio) && !options_.experimental) {
    Problem(pos, std::string(AggregateOpText(aggregate.op)) +
                     "() is experimental and must be enabled with --enable-feature=promql-experimental-functions");
    return nullptr;
  }
  if (arguments.size() != wanted) {
    Problem(pos, "wrong number of arguments for aggregate expression provided, expected " + std::to_string(wanted) + ", got " +
                     std::to_string(arguments.size()));
    return nullptr;
  }
  int depth = 0;
  for (const ExprPtr& argument : arguments) depth = std::max(depth, argument->depth);
  aggregate.inner = arguments.back();
  if (wanted == 2) aggregate.parameter = arguments.front();
  return Make(std::move(aggregate), ValueType::kVector, pos, depth + 1);
}

Node ParserState::Call() {
  const LexedToken name = Current();
  Next();
  CallExpr call;
  call.function = name.text;
  const Signature* signature = FindSignature(call.function);
  if (!Arguments(call.arguments)) return nullptr;
  if (signature == nullptr) {
    Problem(name.pos, "unknown function with name " + metrics::Quoted(call.function));
    return nullptr;
  }
  if (signature->experimental && !options_.experimental) {
    Problem(name.pos, "function " + metrics::Quoted(call.function) + " is not enabled");
    return nullptr;
  }
  int depth = 0;
  for (const ExprPtr& argument : call.arguments) depth = std::max(depth, argument->depth);
  return Make(std::move(call), signature->result, {name.pos.start, last_end_}, depth + 1);
}

bool ParserState::Arguments(std::vector<ExprPtr>& arguments) {
  Next();
  if (AcceptToken(Token::kRightParen)) return true;
  while (true) {
    Node argument = Binary(1);
    if (argument == nullptr) return false;
    arguments.push_back(std::move(argument));
    if (AcceptToken(Token::kRightParen)) return true;
    if (!Is(Token::kComma)) return Unexpected();
    const PosRange comma = Current().pos;
    Next();
    const bool trailing = Is(Token::kRightParen);
    if (Is(Token::kError)) Unexpected();
    if (trailing || Is(Token::kError)) {
      Problem(comma, "trailing commas not allowed in function call args");
      return false;
    }
  }
}

bool ParserState::LabelList(std::vector<std::string>& labels) {
  if (!AcceptToken(Token::kLeftParen)) return Unexpected("grouping opts", "\"(\"");
  while (!AcceptToken(Token::kRightParen)) {
    if (Is(Token::kString)) {
      Result<std::string> name = Unquote(Current().text);
      if (!name) return Unexpected("grouping opts", "label");
      labels.push_back(*std::move(name));
    } else if (Is(Token::kIdentifier) || IsWordToken(Current().kind)) {
      labels.emplace_back(Current().text);
    } else {
      return Unexpected("grouping opts", "label");
    }
    Next();
    if (Is(Token::kRightParen)) continue;
    if (!AcceptToken(Token::kComma)) return Unexpected("grouping opts", "\",\" or \")\"");
  }
  return true;
}

}  // namespace tuesday::promql
