// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/promql/parse/parser_state.h"

namespace tuesday::promql {

namespace {

constexpr double kSecondsMax = 9223372036.0;  // What nanoseconds in 64 bits hold.

int PrecedenceOf(Token op) {
  switch (op) {
    case Token::kAdd:
    case Token::kSub: return 1;
    case Token::kMul:
    case Token::kDiv:
    case Token::kMod: return 2;
    case Token::kPow: return 3;
    default: return 0;
  }
}

DurationNode::Op OpOf(Token token) {
  switch (token) {
    case Token::kAdd: return DurationNode::Op::kAdd;
    case Token::kSub: return DurationNode::Op::kSub;
    case Token::kMul: return DurationNode::Op::kMul;
    case Token::kDiv: return DurationNode::Op::kDiv;
    case Token::kMod: return DurationNode::Op::kMod;
    default: return DurationNode::Op::kPow;
  }
}

bool IsLiteral(const DurationNode& node) {
  return node.op == DurationNode::Op::kNumber || node.op == DurationNode::Op::kDuration;
}

}  // namespace

ParserState::DurationPtr ParserState::DurationBinary(int precedence_min) {
  if (++nesting_ > options_.depth_max) {
    Problem(Current().pos, "the expression is nested too deeply");
    return nullptr;
  }
  DurationPtr left = DurationUnary(true);
  int operators = 0;
  while (left != nullptr && PrecedenceOf(Current().kind) >= precedence_min) {
    if (++operators > options_.depth_max) {
      Problem(Current().pos, "the expression is nested too deeply");
      return nullptr;
    }
    const LexedToken op = Current();
    Next();
    const int precedence = PrecedenceOf(op.kind);
    DurationPtr right = DurationBinary(op.kind == Token::kPow ? precedence : precedence + 1);
    if (right == nullptr) return nullptr;
    const bool zero = IsLiteral(*right) && right->seconds == 0;
    if (zero && (op.kind == Token::kDiv || op.kind == Token::kMod)) {
      Problem(op.pos, op.kind == Token::kDiv ? "division by zero" : "modulo by zero");
      return std::make_shared<const DurationNode>();
    }
    DurationNode node;
    node.op = OpOf(op.kind);
    node.pos = {left->pos.start, right->pos.end};
    node.left = std::move(left);
    node.right = std::move(right);
    left = std::make_shared<const DurationNode>(std::move(node));
  }
  --nesting_;
  return left;
}

ParserState::DurationPtr ParserState::DurationUnary(bool operators) {
  if (!Is(Token::kAdd) && !Is(Token::kSub)) return DurationPrimary();
  const bool negate = Is(Token::kSub);
  const int start = Current().pos.start;
  Next();
  DurationPtr inner = operators ? DurationBinary(3) : DurationPrimary();
  if (inner == nullptr) return nullptr;
  DurationNode node = *inner;
  node.pos.start = start;
  if (!negate) return std::make_shared<const DurationNode>(std::move(node));
  if (IsLiteral(node)) {
    node.seconds = -node.seconds;
    return std::make_shared<const DurationNode>(std::move(node));
  }
  DurationNode negated;
  negated.op = DurationNode::Op::kNegate;
  negated.pos = node.pos;
  negated.left = std::move(inner);
  return std::make_shared<const DurationNode>(std::move(negated));
}

ParserState::DurationPtr ParserState::DurationPrimary() {
  const LexedToken token = Current();
  DurationNode node;
  switch (token.kind) {
    case Token::kNumber:
    case Token::kDuration: return DurationLiteral();
    case Token::kLeftParen:
      Next();
      node.op = DurationNode::Op::kParen;
      node.left = DurationBinary(1);
      if (node.left == nullptr) return nullptr;
      break;
    case Token::kStep:
    case Token::kRange:
      Next();
      if (!AcceptToken(Token::kLeftParen)) return nullptr;
      node.op = token.kind == Token::kStep ? DurationNode::Op::kStep : DurationNode::Op::kRange;
      break;
    case Token::kMinOf:
    case Token::kMaxOf:
      Next();
      if (!AcceptToken(Token::kLeftParen)) return nullptr;
      node.op = token.kind == Token::kMinOf ? DurationNode::Op::kMinOf : DurationNode::Op::kMaxOf;
      node.left = DurationBinary(1);
      if (node.left == nullptr || !AcceptToken(Token::kComma)) return nullptr;
      node.right = DurationBinary(1);
      if (node.right == nullptr) return nullptr;
      break;
    default: return nullptr;
  }
  if (!AcceptToken(Token::kRightParen)) return nullptr;
  node.pos = {token.pos.start, last_end_};
  return std::make_shared<const DurationNode>(std::move(node));
}

ParserState::DurationPtr ParserState::DurationLiteral() {
  const LexedToken token = Current();
  Next();
  DurationNode node;
  node.pos = token.pos;
  if (token.kind == Token::kDuration) {
    node.op = DurationNode::Op::kDuration;
    const Result<std::int64_t> ms = ParseDuration(token.text);
    if (ms) {
      node.seconds = static_cast<double>(*ms) / 1000;
    } else {
      Problem(token.pos, ms.error().message);
    }
  } else {
    const Result<double> value = ParseNumber(token.text);
    if (!value) {
      Problem(token.pos, value.error().message);
    } else if (!(std::fabs(*value) < kSecondsMax)) {
      Problem(token.pos, "duration out of range");
      node.pos = {0, 0};
    } else {
      node.seconds = *value;
    }
  }
  return std::make_shared<const DurationNode>(std::move(node));
}

bool ParserState::ToDuration(const DurationPtr& node, Duration& duration) {
  if (IsLiteral(*node)) {
    duration.ms = static_cast<std::int64_t>(std::round(node->seconds * 1000));
  } else {
    duration.expr = node;
  }
  return true;
}

bool ParserState::BracketDuration(Duration& duration, const char* context, const char* expected) {
  const std::size_t problems_before = problems_.size();
  const DurationPtr node = DurationBinary(1);
  if (node == nullptr) return problems_.size() > problems_before ? false : Unexpected(context, expected);
  if (IsLiteral(*node) && node->seconds <= 0) Problem(node->pos, "duration must be greater than 0");
  return ToDuration(node, duration);
}

bool ParserState::OffsetDuration(Duration& duration) {
  const std::size_t problems_before = problems_.size();
  const DurationPtr node = DurationUnary(false);
  if (node == nullptr) {
    return problems_.size() > problems_before ? false : Unexpected("offset", "number, duration, step(), or range()");
  }
  return ToDuration(node, duration);
}

}  // namespace tuesday::promql
