// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "core/metrics/matchers.h"
#include "core/metrics/text.h"
#include "core/promql/parse/parser_state.h"

namespace tuesday::promql {

namespace {

using metrics::LabelMatcher;
using metrics::MatchOp;

// Go prints a float with %f.
std::string FixedSix(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:.6f}", value);
}

}  // namespace

Node ParserState::Selector(bool with_name) {
  const int start = Current().pos.start;
  VectorSelector selector;
  std::string name;
  if (with_name) {
    name = Current().text;
    Next();
  }
  if (Is(Token::kLeftBrace) && !Matchers(selector)) return nullptr;
  if (with_name) {
    selector.name = name;
    selector.matchers.push_back({MatchOp::kEqual, std::string(metrics::kNameLabel), name});
  } else if (!selector.name.empty()) {
    // A lone quoted string is the name; upstream appends its matcher last, as for a written name.
    selector.matchers.push_back({MatchOp::kEqual, std::string(metrics::kNameLabel), selector.name});
  }
  return Make(std::move(selector), ValueType::kVector, {start, last_end_}, 1);
}

bool ParserState::Matchers(VectorSelector& selector) {
  Next();
  if (AcceptToken(Token::kRightBrace)) return true;
  while (true) {
    if (!OneMatcher(selector)) return false;
    if (AcceptToken(Token::kRightBrace)) return true;
    if (!AcceptToken(Token::kComma)) return Unexpected("label matching", "\",\" or \"}\"");
    if (AcceptToken(Token::kRightBrace)) return true;
  }
}

bool ParserState::OneMatcher(VectorSelector& selector) {
  if (!Is(Token::kIdentifier) && !Is(Token::kString)) return Unexpected("label matching", "identifier or \"}\"");
  const bool quoted = Is(Token::kString);
  const PosRange label_pos = Current().pos;
  LabelMatcher matcher;
  if (quoted) {
    const Result<std::string> name = Unquote(Current().text);
    if (!name) return Unexpected("label matching", "identifier or \"}\"");
    matcher.name = *name;
  } else {
    matcher.name = Current().text;
  }
  Next();
  switch (Current().kind) {
    case Token::kEqual: matcher.op = MatchOp::kEqual; break;
    case Token::kNotEqual: matcher.op = MatchOp::kNotEqual; break;
    case Token::kEqualRegex: matcher.op = MatchOp::kRegex; break;
    case Token::kNotEqualRegex: matcher.op = MatchOp::kNotRegex; break;
    default:
      if (quoted && (Is(Token::kComma) || Is(Token::kRightBrace))) {
        if (!selector.name.empty()) {
          Problem(label_pos, "metric name must not be set twice: " + metrics::Quoted(selector.name) + " or " +
                                 metrics::Quoted(matcher.name));
          return false;
        }
        selector.name = matcher.name;
        return true;
      }
      return Unexpected("label matching", "label matching operator");
  }
  Next();
  if (!Is(Token::kString)) return Unexpected("label matching", "string");
  const Result<std::string> value = Unquote(Current().text);
  if (!value) return Unexpected("label matching", "string");
  matcher.value = *value;
  Next();
  if (matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex) {
    if (const Result<void> valid = metrics::CheckRegex(matcher.value); !valid) {
      Problem({label_pos.start, last_end_}, "error parsing regexp: " + valid.error().message);
      return false;
    }
  }
  selector.matchers.push_back(std::move(matcher));
  return true;
}

Node ParserState::Postfix(Node node) {
  while (node != nullptr) {
    if (Is(Token::kLeftBracket)) {
      node = Range(std::move(node));
    } else if (Is(Token::kOffset)) {
      node = Offset(std::move(node));
    } else if (Is(Token::kAt)) {
      node = At(std::move(node));
    } else if (Is(Token::kAnchored) || Is(Token::kSmoothed)) {
      node = Edge(std::move(node));
    } else {
      break;
    }
  }
  return node;
}

Node ParserState::Range(Node node) {
  const int open = Current().pos.start;
  Next();
  Duration range;
  if (!BracketDuration(range, "subquery or range selector", "number, duration, step(), or range()")) return nullptr;
  if (AcceptToken(Token::kColon)) {
    SubqueryExpr subquery;
    subquery.range = range;
    if (!Is(Token::kRightBracket)) {
      Duration step;
      if (!BracketDuration(step, "subquery selector", "number, duration, step(), range(), or \"]\"")) return nullptr;
      subquery.step = step;
      if (!Is(Token::kRightBracket)) {
        Unexpected("subquery selector", "\"]\"");
        return nullptr;
      }
    }
    Next();
    const int start = node->pos.start;
    const int depth = node->depth + 1;
    subquery.inner = std::move(node);
    return Make(std::move(subquery), ValueType::kMatrix, {start, last_end_}, depth);
  }
  if (!AcceptToken(Token::kRightBracket)) {
    Unexpected("subquery or range", "\":\" or \"]\"");
    return nullptr;
  }
  MatrixSelector matrix;
  matrix.range = range;
  matrix.selector_pos = node->pos;
  const char* problem = nullptr;
  if (const VectorSelector* selector = node->As<VectorSelector>()) {
    matrix.selector = *selector;
    if (selector->shift.offset) {
      problem = "no offset modifiers allowed before range";
    } else if (selector->shift.at != AtAnchor::kNone) {
      problem = "no @ modifiers allowed before range";
    }
  } else {
    problem = "ranges only allowed for vector selectors";
  }
  if (problem != nullptr) Problem({open, last_end_}, problem);
  Node made = Make(std::move(matrix), ValueType::kMatrix, {node->pos.start, last_end_}, node->depth + 1);
  if (node->As<VectorSelector>() == nullptr) broken_range_ = made.get();
  return made;
}

TimeShift* ParserState::ShiftOf(Expr& expr, const char* modifier) {
  if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return &selector->shift;
  if (auto* subquery = std::get_if<SubqueryExpr>(&expr.node)) return &subquery->shift;
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    if (&expr != broken_range_) return &matrix->selector.shift;
    Problem(expr.pos, "ranges only allowed for vector selectors");
    return nullptr;
  }
  Problem(expr.pos, std::string(modifier) +
                        " modifier must be preceded by an instant vector selector or range vector selector or a subquery");
  return nullptr;
}

Node ParserState::Offset(Node node) {
  Next();
  Duration offset;
  if (!OffsetDuration(offset)) return nullptr;
  TimeShift* shift = ShiftOf(*node, "offset");
  if (shift == nullptr) return nullptr;
  if (shift->offset) {
    Problem(node->pos, "offset may not be set multiple times");
    return nullptr;
  }
  shift->offset = offset;
  node->pos.end = last_end_;
  return node;
}

Node ParserState::At(Node node) {
  Next();
  AtAnchor anchor = AtAnchor::kTime;
  double seconds = 0;
  if (Is(Token::kStart) || Is(Token::kEnd)) {
    anchor = Is(Token::kStart) ? AtAnchor::kStart : AtAnchor::kEnd;
    Next();
    if (!AcceptToken(Token::kLeftParen) || !AcceptToken(Token::kRightParen)) {
      Unexpected("@", "timestamp");
      return nullptr;
    }
  } else {
    const bool negative = Is(Token::kSub);
    if (Is(Token::kSub) || Is(Token::kAdd)) Next();
    if (!Is(Token::kNumber) && !Is(Token::kDuration)) {
      Unexpected("@", "timestamp");
      return nullptr;
    }
    const Node number = Number();
    if (number == nullptr) return nullptr;
    seconds = number->As<NumberLiteral>()->value * (negative ? -1 : 1);
    // As upstream: a time in milliseconds must fit, and one that rounds to the limit does not.
    if (!(std::fabs(seconds) < 9223372036854775807.0 / 1000)) {
      Problem(node->pos, "timestamp out of bounds for @ modifier: " + FixedSix(seconds));
      return nullptr;
    }
  }
  TimeShift* shift = ShiftOf(*node, "@");
  if (shift == nullptr) return nullptr;
  if (shift->at != AtAnchor::kNone) {
    Problem(node->pos, "@ <timestamp> may not be set multiple times");
    return nullptr;
  }
  shift->at = anchor;
  if (anchor == AtAnchor::kTime) shift->at_ms = static_cast<std::int64_t>(std::round(seconds * 1000));
  node->pos.end = last_end_;
  return node;
}

Node ParserState::Edge(Node node) {
  const bool anchored = Is(Token::kAnchored);
  const std::string name(anchored ? "anchored" : "smoothed");
  if (!options_.experimental) {
    Problem(Current().pos, name + " modifier is experimental and not enabled");
    return nullptr;
  }
  Next();
  VectorSelector* selector = std::get_if<VectorSelector>(&node->node);
  if (auto* matrix = std::get_if<MatrixSelector>(&node->node)) {
    if (node.get() == broken_range_) return node;
    selector = &matrix->selector;
  }
  if (selector == nullptr || (anchored && node->As<VectorSelector>() != nullptr)) {
    Problem(node->pos, name + " modifier must be preceded by a " + (anchored ? "range" : "") + " vector selector");
    return nullptr;
  }
  if (selector->edge != WindowEdge::kPlain) {
    Problem(node->pos, "anchored and smoothed modifiers may not be set multiple times");
    return nullptr;
  }
  selector->edge = anchored ? WindowEdge::kAnchored : WindowEdge::kSmoothed;
  node->pos.end = last_end_;
  return node;
}

}  // namespace tuesday::promql
