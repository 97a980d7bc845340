// SPDX-License-Identifier: Apache-2.0
// The tree of a PromQL expression. Nodes are immutable once the parser has returned them and may be shared between
// threads. Positions are byte offsets into the parsed text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/metrics/labels.h"

namespace tuesday::promql {

enum class ValueType { kScalar, kString, kVector, kMatrix };

// "scalar", "string", "instant vector", "range vector": the words of messages.
std::string_view ValueTypeName(ValueType type);

struct PosRange {
  int start = 0;
  int end = 0;
  friend bool operator==(const PosRange&, const PosRange&) = default;
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

// One operation of a duration such as `5m * 2`, `step()` or `max_of(step(), 30s)`. Leaves are in seconds.
struct DurationNode {
  enum class Op { kNumber, kDuration, kStep, kRange, kMinOf, kMaxOf, kParen, kNegate, kAdd, kSub, kMul, kDiv, kMod, kPow };
  Op op = Op::kNumber;
  double seconds = 0;                         // Of kNumber and kDuration.
  std::shared_ptr<const DurationNode> left;   // The only operand of kParen and kNegate.
  std::shared_ptr<const DurationNode> right;  // Null for leaves and one-sided operations.
  PosRange pos;
};

// A length of time in a selector. `expr` is null when it was written as one literal; else `ms` is unset until evaluation.
struct Duration {
  std::int64_t ms = 0;
  std::shared_ptr<const DurationNode> expr;
};

enum class AtAnchor { kNone, kTime, kStart, kEnd };

// `offset 5m` and `@ 1234`, in the order of evaluation: `@` fixes the time, the offset is taken from it.
struct TimeShift {
  std::optional<Duration> offset;
  AtAnchor at = AtAnchor::kNone;
  std::int64_t at_ms = 0;  // Of kTime.
};

enum class WindowEdge { kPlain, kAnchored, kSmoothed };

struct NumberLiteral {
  double value = 0;
  bool written_as_duration = false;
};
struct StringLiteral {
  std::string value;
};
struct VectorSelector {
  std::string name;                             // As written before the braces or alone in quotes; may be empty.
  std::vector<metrics::LabelMatcher> matchers;  // Including that of the name.
  TimeShift shift;
  WindowEdge edge = WindowEdge::kPlain;
};
// A range of a selector. The shift and the edge stand in `selector`.
struct MatrixSelector {
  VectorSelector selector;
  PosRange selector_pos;
  Duration range;
};
struct SubqueryExpr {
  ExprPtr inner;
  Duration range;
  std::optional<Duration> step;
  TimeShift shift;
};
struct UnaryExpr {
  bool negate = false;
  ExprPtr inner;
};
struct ParenExpr {
  ExprPtr inner;
};

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless
};
std::string_view BinaryOpText(BinaryOp op);
bool IsComparison(BinaryOp op);
bool IsSetOp(BinaryOp op);

enum class MatchCard { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

struct VectorMatching {
  MatchCard card = MatchCard::kOneToOne;
  bool on = false;                   // `on(...)`; else `ignoring(...)`, the default with no labels.
  bool written = false;              // `on` or `ignoring` stands in the text.
  std::vector<std::string> labels;   // Of `on` or `ignoring`.
  std::vector<std::string> include;  // Of `group_left` or `group_right`.
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct BinaryExpr {
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left;
  ExprPtr right;
  bool returns_bool = false;
  VectorMatching matching;  // Meaningful only between two vectors.
};

enum class AggregateOp {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopK,
  kBottomK,
  kCountValues,
  kQuantile,
  kLimitK,
  kLimitRatio
};
std::string_view AggregateOpText(AggregateOp op);
bool TakesParameter(AggregateOp op);

struct AggregateExpr {
  AggregateOp op = AggregateOp::kSum;
  ExprPtr inner;
  ExprPtr parameter;  // Of topk, bottomk, count_values, quantile, limitk, limit_ratio; else null.
  std::vector<std::string> grouping;
  bool without = false;
};

struct CallExpr {
  std::string function;
  std::vector<ExprPtr> arguments;
};

struct Expr {
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, SubqueryExpr, UnaryExpr, ParenExpr, BinaryExpr,
               AggregateExpr, CallExpr>
      node;
  PosRange pos;
  ValueType type = ValueType::kScalar;
  int depth = 1;     // Nodes on the longest way down, bounded by the parser.
  std::string text;  // As PrintExpr has it: of selectors, comparisons and what they compare; of others empty.

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

// The expression inside any number of parentheses.
const Expr& WithoutParens(const Expr& expr);

}  // namespace tuesday::promql
