// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/witness.h"

namespace tuesday::promql {

using metrics::Labels;

bool Row::AnyPresent() const { return std::find(present.begin(), present.end(), 1) != present.end(); }

namespace {

Labels LabelsOf(Identity identity, bool drop_name) {
  if (drop_name) identity.HideName();
  return identity.Whole();
}

void SortByLabels(Matrix& matrix) {
  const auto before = [](const metrics::Series& a, const metrics::Series& b) { return a.labels < b.labels; };
  if (!std::is_sorted(matrix.begin(), matrix.end(), before)) std::sort(matrix.begin(), matrix.end(), before);
}

}  // namespace

Value ToValue(const Evaluated& evaluated, std::size_t step) {
  if (evaluated.type == ValueType::kScalar) return ScalarValue{evaluated.scalar[step]};
  if (evaluated.type == ValueType::kString) return StringValue{evaluated.text};
  Vector vector;
  for (const Row& row : evaluated.rows) {
    if (row.present[step] != 0) vector.push_back({LabelsOf(row.identity, row.drop_name), row.values[step]});
  }
  return vector;
}

void Evaluator::DropName(Row& row) const {
  if (options_.delayed_name_removal) {
    row.drop_name = true;
  } else {
    row.identity.HideName();
  }
}

Result<void> Evaluator::MergeEqual(Rows& rows) const {
  if (rows.size() < 2) return {};
  HashIndex known(rows.size());
  std::vector<std::size_t> first;
  std::vector<char> gone(rows.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Identity& identity = rows[i].identity;
    const std::size_t number =
        known.FindOrAdd(identity.Hash(), [&](std::size_t n) { return rows[first[n]].identity == identity; });
    if (number == first.size()) {
      first.push_back(i);
      continue;
    }
    Row& into = rows[first[number]];
    for (std::size_t step = 0; step < grid_.count; ++step) {
      if (rows[i].present[step] == 0) continue;
      if (into.present[step] != 0) {
        return Fail(ErrorCode::kInvalid, "vector cannot contain metrics with the same labelset");
      }
      into.Set(step, rows[i].values[step]);
    }
    into.drop_name = into.drop_name && rows[i].drop_name;
    gone[i] = 1;
  }
  if (first.size() == rows.size()) return {};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (gone[i] != 0) continue;
    if (kept != i) rows[kept] = std::move(rows[i]);
    ++kept;
  }
  rows.resize(kept);
  return {};
}

Result<void> Evaluator::RemoveDelayedNames(Rows& rows) const {
  for (Row& row : rows) {
    if (row.drop_name) row.identity.HideName();
  }
  return MergeEqual(rows);
}

void Evaluator::AddNote(Note::Level level, std::string message, PosRange pos) const {
  if (options_.notes == nullptr) return;
  Note note{level, std::move(message), pos};
  if (std::find(options_.notes->begin(), options_.notes->end(), note) == options_.notes->end()) {
    options_.notes->push_back(std::move(note));
  }
}

Result<void> Evaluator::CountSamples(std::size_t samples) {
  samples_ += static_cast<std::int64_t>(samples);
  if (samples_ <= options_.samples_max) return {};
  return Fail(ErrorCode::kLimit, "query processing would load too many samples into memory in query execution");
}

void Evaluator::KeepInner(const Expr& expr, const Result<Evaluated>& evaluated) const {
  constexpr std::size_t kRowsMax = 8;  // More are no number of a sentence, and making their labels is dear.
  if (!evaluated || evaluated->type != ValueType::kVector || evaluated->rows.size() > kRowsMax) return;
  recorder_->inner.emplace(&expr, std::get<Vector>(ToValue(*evaluated, 0)));
}

Result<Evaluated> Evaluator::Evaluate(const Expr& expr) {
  if (const auto* number = expr.As<NumberLiteral>()) {
    return Evaluated{ValueType::kScalar, std::vector<double>(grid_.count, number->value), {}, {}};
  }
  if (const auto* text = expr.As<StringLiteral>()) return Evaluated{ValueType::kString, {}, text->value, {}};
  if (const auto* paren = expr.As<ParenExpr>()) return Evaluate(*paren->inner);
  if (const auto* selector = expr.As<VectorSelector>()) return SelectInstant(expr, *selector, false);
  if (const auto* unary = expr.As<UnaryExpr>()) return EvaluateUnary(*unary);
  if (const auto* binary = expr.As<BinaryExpr>()) return EvaluateBinary(expr, *binary);
  if (const auto* aggregate = expr.As<AggregateExpr>()) {
    Result<Evaluated> result = EvaluateAggregate(*aggregate);
    if (keeps_inner_) KeepInner(expr, result);
    return result;
  }
  if (const auto* call = expr.As<CallExpr>()) {
    Result<Evaluated> result = EvaluateCall(expr, *call);
    if (keeps_inner_ && call->function == "histogram_quantile") KeepInner(expr, result);
    return result;
  }
  return Fail(ErrorCode::kInvalid, "A range vector stands where a value is needed.");
}

Result<Value> EvaluateInstant(const Expr& expr, const metrics::Source& source, std::int64_t time_ms,
                              const EngineOptions& options, Witness* witness) {
  const Grid grid{time_ms, 0, 1};
  Recorder recorder;
  if (witness != nullptr) *witness = PlanWitness(expr, recorder);
  Evaluator evaluator(source, options, Grid{time_ms, 0, 2}, grid, witness == nullptr ? nullptr : &recorder);
  evaluator.KeepInner();
  if (expr.type == ValueType::kMatrix) {
    TRY(const Windows windows, evaluator.EvaluateMatrix(WithoutParens(expr)));
    if (witness != nullptr) FillWitness(*witness, recorder);
    Matrix matrix;
    for (const Ranged& ranged : windows.series) {
      metrics::Series series{LabelsOf(ranged.labels, ranged.drop_name), {}};
      for (const metrics::Sample& sample : ranged.samples) {
        if (sample.t > windows.ends[0] - windows.range && sample.t <= windows.ends[0]) series.samples.push_back(sample);
      }
      if (!series.samples.empty()) matrix.push_back(std::move(series));
    }
    SortByLabels(matrix);
    return matrix;
  }
  TRY(Evaluated evaluated, evaluator.Evaluate(expr));
  if (witness != nullptr) FillWitness(*witness, recorder);
  TRY_OK(evaluator.RemoveDelayedNames(evaluated.rows));
  return ToValue(evaluated, 0);
}

Result<Matrix> EvaluateRange(const Expr& expr, const metrics::Source& source, std::int64_t start_ms, std::int64_t end_ms,
                             std::int64_t step_ms, const EngineOptions& options) {
  if (step_ms <= 0) return Fail(ErrorCode::kInvalid, "The step of a range query must be greater than 0.");
  if (expr.type != ValueType::kScalar && expr.type != ValueType::kVector) {
    return Fail(ErrorCode::kInvalid, "invalid expression type \"" + std::string(ValueTypeName(expr.type)) +
                                         "\" for range query, must be Scalar or instant Vector");
  }
  if (end_ms < start_ms) return Matrix{};
  const std::int64_t steps = (end_ms - start_ms) / step_ms + 1;
  if (steps > options.samples_max) {
    return Fail(ErrorCode::kLimit, "query processing would load too many samples into memory in query execution");
  }
  const Grid grid{start_ms, step_ms, static_cast<std::size_t>(steps)};
  Evaluator evaluator(source, options, Grid{start_ms, end_ms - start_ms, 2}, grid, nullptr);
  TRY(Evaluated evaluated, evaluator.Evaluate(expr));
  if (evaluated.type == ValueType::kScalar) {
    Row row(Labels{}, grid.count);
    for (std::size_t i = 0; i < grid.count; ++i) row.Set(i, evaluated.scalar[i]);
    evaluated.rows = {std::move(row)};
  }
  TRY_OK(evaluator.RemoveDelayedNames(evaluated.rows));
  Matrix matrix;
  for (const Row& row : evaluated.rows) {
    std::vector<metrics::Sample> samples;
    samples.reserve(grid.count);
    for (std::size_t i = 0; i < grid.count; ++i) {
      if (row.present[i] != 0) samples.push_back({grid.At(i), row.values[i]});
    }
    if (!samples.empty()) matrix.push_back({row.identity.Whole(), std::move(samples)});
  }
  SortByLabels(matrix);
  return matrix;
}

}  // namespace tuesday::promql
