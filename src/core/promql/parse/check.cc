// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/metrics/matchers.h"
#include "core/metrics/text.h"
#include "core/promql/parse/parser_state.h"
#include "core/promql/parse/signatures.h"

namespace tuesday::promql {

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Checker {
 public:
  Checker(std::string_view text, std::vector<ParseProblem>& problems) : text_(text), problems_(problems) {}

  void Check(const Expr& expr) {
    std::visit([&](const auto& node) { Visit(expr, node); }, expr.node);
  }

 private:
  void Problem(PosRange pos, std::string message) { problems_.push_back({pos, std::move(message)}); }

  void Expect(const Expr& expr, ValueType wanted, const std::string& context) {
    Check(expr);
    if (expr.type == wanted) return;
    Problem(expr.pos, "expected type " + std::string(ValueTypeName(wanted)) + " in " + context + ", got " +
                          std::string(ValueTypeName(expr.type)));
  }

  void Visit(const Expr&, const NumberLiteral&) {}
  void Visit(const Expr&, const StringLiteral&) {}
  void Visit(const Expr&, const ParenExpr& paren) { Check(*paren.inner); }

  void Visit(const Expr& expr, const VectorSelector& selector) { Selector(expr.pos, selector); }
  void Visit(const Expr&, const MatrixSelector& matrix) { Selector(matrix.selector_pos, matrix.selector); }

  void Selector(PosRange pos, const VectorSelector& selector) {
    if (!selector.name.empty()) {
      // The last matcher is that of the name.
      for (std::size_t i = 0; i + 1 < selector.matchers.size(); ++i) {
        if (selector.matchers[i].name != metrics::kNameLabel) continue;
        Problem(pos, "metric name must not be set twice: " + metrics::Quoted(selector.name) + " or " +
                         metrics::Quoted(selector.matchers[i].value));
      }
      return;
    }
    const bool all_empty = std::all_of(selector.matchers.begin(), selector.matchers.end(), metrics::MatchesEmpty);
    if (all_empty) Problem(pos, "vector selector must contain at least one non-empty matcher");
  }

  void Visit(const Expr& expr, const SubqueryExpr& subquery) {
    Check(*subquery.inner);
    if (subquery.inner->type == ValueType::kVector) return;
    static constexpr const char* kRawNames[] = {"scalar", "string", "vector", "matrix"};
    Problem(expr.pos, std::string("subquery is only allowed on instant vector, got ") +
                          kRawNames[static_cast<int>(subquery.inner->type)] + " instead");
  }

  void Visit(const Expr& expr, const UnaryExpr& unary) {
    Check(*unary.inner);
    if (unary.inner->type == ValueType::kScalar || unary.inner->type == ValueType::kVector) return;
    Problem(expr.pos, "unary expression only allowed on expressions of type scalar or instant vector, got " +
                          metrics::Quoted(ValueTypeName(unary.inner->type)));
  }

  void Visit(const Expr&, const AggregateExpr& aggregate) {
    Expect(*aggregate.inner, ValueType::kVector, "aggregation expression");
    if (aggregate.parameter == nullptr) return;
    const bool text = aggregate.op == AggregateOp::kCountValues;
    Expect(*aggregate.parameter, text ? ValueType::kString : ValueType::kScalar, "aggregation parameter");
  }

  void Visit(const Expr& expr, const BinaryExpr& binary) {
    Check(*binary.left);
    Check(*binary.right);
    const ValueType left = binary.left->type;
    const ValueType right = binary.right->type;
    if (binary.returns_bool && !IsComparison(binary.op)) {
      Problem(OperatorRange(binary), "bool modifier can only be used on comparison operators");
    }
    if (IsComparison(binary.op) && !binary.returns_bool && left == ValueType::kScalar && right == ValueType::kScalar) {
      Problem(OperatorRange(binary), "comparisons between scalars must use BOOL modifier");
    }
    const VectorMatching& matching = binary.matching;
    for (const std::string& label : matching.labels) {
      if (matching.on && std::find(matching.include.begin(), matching.include.end(), label) != matching.include.end()) {
        Problem(OperatorRange(binary), "label " + metrics::Quoted(label) + " must not occur in ON and GROUP clause at once");
      }
    }
    for (const Expr* side : {binary.left.get(), binary.right.get()}) {
      if (side->type == ValueType::kScalar || side->type == ValueType::kVector) continue;
      Problem(side->pos, "binary expression must contain only scalar and instant vector types");
    }
    CheckMatching(expr, binary);
  }

  void CheckMatching(const Expr& expr, const BinaryExpr& binary) {
    const VectorMatching& matching = binary.matching;
    const bool vectors = binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
    const std::string op = metrics::Quoted(BinaryOpText(binary.op));
    if (!vectors) {
      if (!matching.labels.empty()) Problem(expr.pos, "vector matching only allowed between instant vectors");
    } else if (IsSetOp(binary.op) && matching.card != MatchCard::kManyToMany) {
      Problem(expr.pos, "no grouping allowed for " + op + " operation");
      Problem(expr.pos, "set operations must always be many-to-many");
    }
    const bool scalar = binary.left->type == ValueType::kScalar || binary.right->type == ValueType::kScalar;
    if (scalar && IsSetOp(binary.op)) Problem(expr.pos, "set operator " + op + " not allowed in binary scalar expression");
  }

  // From the operator to the end of its modifiers, as upstream computes it.
  PosRange OperatorRange(const BinaryExpr& binary) const {
    // Upstream ends the range at the last character, not after it; messages are compared with its own.
    PosRange pos{binary.left->pos.end, binary.right->pos.start - 1};
    while (pos.start < static_cast<int>(text_.size()) && IsSpace(text_[static_cast<std::size_t>(pos.start)])) ++pos.start;
    while (pos.end > pos.start && IsSpace(text_[static_cast<std::size_t>(pos.end)])) --pos.end;
    return pos;
  }

  void Visit(const Expr& expr, const CallExpr& call) {
    const Signature& signature = *FindSignature(call.function);
    const int given = static_cast<int>(call.arguments.size());
    const int listed = static_cast<int>(signature.arguments.size());
    const auto count = [&](const char* how, int wanted) {
      Problem(expr.pos, std::string("expected ") + how + std::to_string(wanted) + " argument(s) in call to " +
                            metrics::Quoted(call.function) + ", got " + std::to_string(given));
    };
    if (signature.optional == 0) {
      if (given != listed) count("", listed);
    } else if (given < listed - 1) {
      count("at least ", listed - 1);
    } else if (signature.optional > 0 && given > listed - 1 + signature.optional) {
      count("at most ", listed - 1 + signature.optional);
    }
    if (call.function == "info" && call.arguments.size() > 1) CheckInfoSelector(*call.arguments[1]);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (i >= signature.arguments.size() && signature.optional == 0) break;
      if (call.function == "info" && i == 1) break;
      const ValueType wanted = signature.arguments[std::min(i, signature.arguments.size() - 1)];
      Expect(*call.arguments[i], wanted, "call to function " + metrics::Quoted(call.function));
    }
  }

  void CheckInfoSelector(const Expr& expr) {
    const VectorSelector* selector = expr.As<VectorSelector>();
    if (selector == nullptr) {
      Problem(expr.pos, "expected label selectors only");
    } else if (!selector->name.empty()) {
      Problem(expr.pos, "expected label selectors only, got vector selector instead");
    }
  }

  std::string_view text_;
  std::vector<ParseProblem>& problems_;
};

}  // namespace

void CheckTypes(const Expr& expr, std::string_view text, std::vector<ParseProblem>& problems) {
  Checker(text, problems).Check(expr);
}

}  // namespace tuesday::promql
