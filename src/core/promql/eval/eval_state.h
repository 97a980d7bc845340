// SPDX-License-Identifier: Apache-2.0
// The evaluation of one expression on one grid of times: private to the eval_*.cc files. Every node is evaluated once for
// all steps: series are selected once, labels are worked on once a series, and the steps are a dense array.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/promql/engine.h"
#include "core/promql/eval/identity.h"
#include "core/promql/eval/steps.h"

namespace tuesday::promql {

// start, start + step, ...: `count` times in milliseconds.
struct Grid {
  std::int64_t start = 0;
  std::int64_t step = 0;
  std::size_t count = 1;
  std::int64_t At(std::size_t i) const { return start + static_cast<std::int64_t>(i) * step; }
  std::int64_t Last() const { return At(count == 0 ? 0 : count - 1); }
};

// One series of an instant vector over all steps.
struct Row {
  Identity identity;
  bool drop_name = false;  // Only with delayed name removal: the name goes at the very end.
  Steps<double> values;
  Steps<char> present;

  Row() = default;
  Row(Identity its_identity, std::size_t steps) : identity(std::move(its_identity)), values(steps), present(steps) {}
  void Set(std::size_t i, double value) {
    values[i] = value;
    present[i] = 1;
  }
  bool AnyPresent() const;
};
using Rows = std::vector<Row>;

// One series of a range vector: all samples that any step needs.
struct Ranged {
  metrics::Labels labels;
  bool drop_name = false;
  metrics::Samples samples;
};

// A range vector on a grid: the window of step i is (end(i) - range, end(i)].
struct Windows {
  std::vector<Ranged> series;
  std::int64_t range = 0;
  std::vector<std::int64_t> ends;
};

struct Evaluated {
  ValueType type = ValueType::kVector;
  std::vector<double> scalar;  // One value a step.
  std::string text;
  Rows rows;
};

// Where the one evaluation leaves what it saw.
struct Recorder {
  std::vector<SelectorWitness> selectors;
  std::map<const Expr*, ComparisonWitness> comparisons;  // The keys are set before; looked up only.
  std::vector<const Expr*> order;                        // The same, in the order of the expression.
  std::map<const Expr*, Vector> inner;                   // Of what is evaluated at the query's own time.
  std::map<const Expr*, double> last_bounds;
};

class Evaluator {
 public:
  // `query` has two times, those of `@ start()` and `@ end()`; `grid` is what is evaluated, another one inside a subquery.
  Evaluator(const metrics::Source& source, const EngineOptions& options, const Grid& query, const Grid& grid,
            Recorder* recorder)
      : source_(source), options_(options), query_(query), grid_(grid), recorder_(recorder) {}

  Result<Evaluated> Evaluate(const Expr& expr);

  // From now on the recorder is left what aggregations and quantiles give: at one instant, outside subqueries.
  void KeepInner() { keeps_inner_ = recorder_ != nullptr; }

  // eval_select.cc: the samples behind a matrix selector or a subquery.
  Result<Windows> EvaluateMatrix(const Expr& expr);

  // Removes the names that wait for it and merges what became one series; at the very end of a query.
  Result<void> RemoveDelayedNames(Rows& rows) const;

 private:
  friend class CallEvaluator;

  // eval_select.cc
  Result<Evaluated> SelectInstant(const Expr& expr, const VectorSelector& selector, bool as_timestamp);
  Result<Windows> SelectWindows(const Expr& expr, const MatrixSelector& matrix);
  Result<Windows> EvaluateSubquery(const SubqueryExpr& subquery);
  Result<std::vector<std::int64_t>> ReferenceTimes(const TimeShift& shift) const;
  Result<std::int64_t> LengthOf(const Duration& duration) const;
  Result<std::vector<metrics::Series>> Select(const Expr& expr, const VectorSelector& selector, std::int64_t from,
                                              std::int64_t to);

  // eval_binary.cc, eval_match.cc
  Result<Evaluated> EvaluateUnary(const UnaryExpr& unary);
  Result<Evaluated> EvaluateBinary(const Expr& expr, const BinaryExpr& binary);
  Result<Evaluated> ScalarScalar(const BinaryExpr& binary, const Evaluated& left, const Evaluated& right) const;
  Result<Evaluated> VectorScalar(const BinaryExpr& binary, Evaluated vector, const std::vector<double>& scalar,
                                 bool swapped) const;
  Result<Evaluated> VectorVector(const BinaryExpr& binary, Evaluated left, Evaluated right) const;
  Evaluated SetOperation(const BinaryExpr& binary, Evaluated left, Evaluated right) const;
  void Record(const Expr& expr, const Evaluated& left, const Evaluated& right) const;
  void RecordHeld(const Expr& expr, const Evaluated& result, bool returns_bool) const;

  // eval_aggregate.cc
  Result<Evaluated> EvaluateAggregate(const AggregateExpr& aggregate);
  void NoteQuantile(const std::vector<double>& quantiles, PosRange pos) const;
  // Caps ratios beyond -1 and 1.
  void NoteRatio(const AggregateExpr& aggregate, std::vector<double>& ratios) const;

  // eval_call.cc, eval_histogram.cc, eval_labels.cc
  Result<Evaluated> EvaluateCall(const Expr& expr, const CallExpr& call);
  Result<Evaluated> CallScalar(const CallExpr& call);
  Result<Evaluated> CallOnWindows(const CallExpr& call);
  Result<Evaluated> CallOnVector(const CallExpr& call);
  Result<Evaluated> Timestamp(const CallExpr& call);
  Result<Evaluated> Absent(const CallExpr& call, bool over_time);
  Result<Evaluated> HistogramQuantile(const Expr& expr, const CallExpr& call);
  Result<Evaluated> HistogramQuantiles(const CallExpr& call);
  // `last_bound`, if any, is raised to the greatest finite bound that was met.
  Rows QuantileRows(const std::vector<double>& q, const Rows& rows, PosRange pos, double* last_bound = nullptr) const;
  Result<Evaluated> HistogramFraction(const CallExpr& call);
  Result<Evaluated> LabelReplace(const CallExpr& call);
  Result<Evaluated> LabelJoin(const CallExpr& call);
  Result<Evaluated> SortByLabel(const CallExpr& call);

  // Drops the name now or marks the row, by the options.
  void DropName(Row& row) const;
  // Merges rows with equal labels; kInvalid when two have a value at one step.
  Result<void> MergeEqual(Rows& rows) const;
  void AddNote(Note::Level level, std::string message, PosRange pos) const;
  Result<void> CountSamples(std::size_t samples);
  void KeepInner(const Expr& expr, const Result<Evaluated>& evaluated) const;

  const metrics::Source& source_;
  const EngineOptions& options_;
  Grid query_;
  Grid grid_;
  Recorder* recorder_;
  bool keeps_inner_ = false;
  std::int64_t samples_ = 0;
};

// The vector, scalar, string or matrix of one step as the engine's callers see it.
Value ToValue(const Evaluated& evaluated, std::size_t step);

}  // namespace tuesday::promql
