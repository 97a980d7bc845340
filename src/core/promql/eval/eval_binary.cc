// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/operators.h"

namespace tuesday::promql {

namespace {

bool ChangesMeaning(BinaryOp op) { return op < BinaryOp::kEqual; }

}  // namespace

double Calculate(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd: return left + right;
    case BinaryOp::kSub: return left - right;
    case BinaryOp::kMul: return left * right;
    case BinaryOp::kDiv: return left / right;
    case BinaryOp::kMod: return std::fmod(left, right);
    case BinaryOp::kPow: return std::pow(left, right);
    case BinaryOp::kAtan2: return std::atan2(left, right);
    default: return Compare(op, left, right) ? 1 : 0;
  }
}

bool Compare(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kEqual: return left == right;
    case BinaryOp::kNotEqual: return left != right;
    case BinaryOp::kLess: return left < right;
    case BinaryOp::kLessEqual: return left <= right;
    case BinaryOp::kGreater: return left > right;
    case BinaryOp::kGreaterEqual: return left >= right;
    default: return false;
  }
}

Result<Evaluated> Evaluator::EvaluateUnary(const UnaryExpr& unary) {
  TRY(Evaluated evaluated, Evaluate(*unary.inner));
  if (!unary.negate) return evaluated;
  for (double& value : evaluated.scalar) value = -value;
  for (Row& row : evaluated.rows) {
    for (double& value : row.values) value = -value;
    DropName(row);
  }
  TRY_OK(MergeEqual(evaluated.rows));
  return evaluated;
}

void Evaluator::Record(const Expr& expr, const Evaluated& left, const Evaluated& right) const {
  if (recorder_ == nullptr || grid_.count == 0) return;
  const auto at = recorder_->comparisons.find(&expr);
  if (at == recorder_->comparisons.end()) return;
  // Inside a subquery the last step stands for all.
  at->second.left = ToValue(left, grid_.count - 1);
  at->second.right = ToValue(right, grid_.count - 1);
}

void Evaluator::RecordHeld(const Expr& expr, const Evaluated& result, bool returns_bool) const {
  if (recorder_ == nullptr || grid_.count == 0) return;
  const auto at = recorder_->comparisons.find(&expr);
  if (at == recorder_->comparisons.end()) return;
  const std::size_t step = grid_.count - 1;
  bool held = result.type == ValueType::kScalar && result.scalar[step] != 0;
  for (const Row& row : result.rows) held = held || (row.present[step] != 0 && (!returns_bool || row.values[step] != 0));
  at->second.held = held;
}

Result<Evaluated> Evaluator::EvaluateBinary(const Expr& expr, const BinaryExpr& binary) {
  if (binary.op == BinaryOp::kTrimUpper || binary.op == BinaryOp::kTrimLower) {
    return Fail(ErrorCode::kUnsupported, "The operators </ and >/ need native histograms, which are not supported.");
  }
  TRY(Evaluated left, Evaluate(*binary.left));
  TRY(Evaluated right, Evaluate(*binary.right));
  Record(expr, left, right);
  const bool left_scalar = left.type == ValueType::kScalar;
  const bool right_scalar = right.type == ValueType::kScalar;
  Result<Evaluated> result = left_scalar && right_scalar ? ScalarScalar(binary, left, right)
                             : left_scalar               ? VectorScalar(binary, std::move(right), left.scalar, true)
                             : right_scalar              ? VectorScalar(binary, std::move(left), right.scalar, false)
                             : IsSetOp(binary.op)        ? SetOperation(binary, std::move(left), std::move(right))
                                                         : VectorVector(binary, std::move(left), std::move(right));
  if (result) RecordHeld(expr, *result, binary.returns_bool);
  return result;
}

Result<Evaluated> Evaluator::ScalarScalar(const BinaryExpr& binary, const Evaluated& left, const Evaluated& right) const {
  Evaluated result{ValueType::kScalar, std::vector<double>(grid_.count), {}, {}};
  for (std::size_t i = 0; i < grid_.count; ++i) result.scalar[i] = Calculate(binary.op, left.scalar[i], right.scalar[i]);
  return result;
}

Result<Evaluated> Evaluator::VectorScalar(const BinaryExpr& binary, Evaluated vector, const std::vector<double>& scalar,
                                          bool swapped) const {
  const bool filter = IsComparison(binary.op) && !binary.returns_bool;
  for (Row& row : vector.rows) {
    for (std::size_t i = 0; i < grid_.count; ++i) {
      if (row.present[i] == 0) continue;
      const double left = swapped ? scalar[i] : row.values[i];
      const double right = swapped ? row.values[i] : scalar[i];
      if (filter) {
        row.present[i] = Compare(binary.op, left, right) ? 1 : 0;
      } else {
        row.values[i] = Calculate(binary.op, left, right);
      }
    }
    if (ChangesMeaning(binary.op) || binary.returns_bool) DropName(row);
  }
  std::erase_if(vector.rows, [](const Row& row) { return !row.AnyPresent(); });
  TRY_OK(MergeEqual(vector.rows));
  return vector;
}

}  // namespace tuesday::promql
