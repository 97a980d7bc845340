// SPDX-License-Identifier: Apache-2.0
#include "core/promql/ast.h"

#include <array>

namespace tuesday::promql {

std::string_view ValueTypeName(ValueType type) {
  switch (type) {
    case ValueType::kScalar: return "scalar";
    case ValueType::kString: return "string";
    case ValueType::kVector: return "instant vector";
    case ValueType::kMatrix: return "range vector";
  }
  return "";
}

std::string_view BinaryOpText(BinaryOp op) {
  static constexpr std::array<std::string_view, 18> kTexts = {
      "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", "<=", ">", ">=", "</", ">/", "and", "or", "unless"};
  return kTexts.at(static_cast<std::size_t>(op));
}

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterEqual; }

bool IsSetOp(BinaryOp op) { return op >= BinaryOp::kAnd; }

std::string_view AggregateOpText(AggregateOp op) {
  static constexpr std::array<std::string_view, 14> kTexts = {"sum",          "avg",      "count",  "min",        "max",
                                                              "group",        "stddev",   "stdvar", "topk",       "bottomk",
                                                              "count_values", "quantile", "limitk", "limit_ratio"};
  return kTexts.at(static_cast<std::size_t>(op));
}

bool TakesParameter(AggregateOp op) { return op >= AggregateOp::kTopK; }

const Expr& WithoutParens(const Expr& expr) {
  const Expr* at = &expr;
  while (const ParenExpr* paren = at->As<ParenExpr>()) at = paren->inner.get();
  return *at;
}

}  // namespace tuesday::promql
