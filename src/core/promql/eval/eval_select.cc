// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/promql/eval/eval_state.h"
#include "core/promql/parser.h"

namespace tuesday::promql {

using metrics::Sample;
using metrics::Series;

namespace {

double Length(const DurationNode& node, double step_s, double range_s) {
  using Op = DurationNode::Op;
  const auto left = [&] { return Length(*node.left, step_s, range_s); };
  const auto right = [&] { return Length(*node.right, step_s, range_s); };
  switch (node.op) {
    case Op::kNumber:
    case Op::kDuration: return node.seconds;
    case Op::kStep: return step_s;
    case Op::kRange: return range_s;
    case Op::kMinOf: return std::min(left(), right());
    case Op::kMaxOf: return std::max(left(), right());
    case Op::kParen: return left();
    case Op::kNegate: return -left();
    case Op::kAdd: return left() + right();
    case Op::kSub: return left() - right();
    case Op::kMul: return left() * right();
    case Op::kDiv: return left() / right();
    case Op::kMod: return std::fmod(left(), right());
    case Op::kPow: return std::pow(left(), right());
  }
  return 0;
}

// Multiples of `step` round down, also before 1970.
std::int64_t FloorTo(std::int64_t time, std::int64_t step) {
  std::int64_t quotient = time / step;
  if (time % step < 0) --quotient;
  return quotient * step;
}

metrics::Samples WithoutStale(metrics::Samples samples) {
  const auto is_stale = [](const Sample& sample) { return metrics::IsStale(sample.value); };
  if (std::none_of(samples.begin(), samples.end(), is_stale)) return samples;
  std::vector<Sample> kept(samples.begin(), samples.end());
  std::erase_if(kept, is_stale);
  return kept;
}

std::size_t CountUntil(const metrics::Samples& samples, std::int64_t time) {
  const auto after = [](std::int64_t t, const Sample& sample) { return t < sample.t; };
  return static_cast<std::size_t>(std::upper_bound(samples.begin(), samples.end(), time, after) - samples.begin());
}

}  // namespace

Result<std::int64_t> Evaluator::LengthOf(const Duration& duration) const {
  if (duration.expr == nullptr) return duration.ms;
  const double step_s = grid_.count > 1 ? static_cast<double>(grid_.step) / 1000 : 0;
  const double range_s = static_cast<double>(query_.Last() - query_.start) / 1000;
  const double seconds = Length(*duration.expr, step_s, range_s);
  if (!(std::fabs(seconds) < 9.2e9)) return Fail(ErrorCode::kInvalid, "duration out of range");
  return static_cast<std::int64_t>(std::round(seconds * 1000));
}

Result<std::vector<std::int64_t>> Evaluator::ReferenceTimes(const TimeShift& shift) const {
  std::int64_t offset = 0;
  if (shift.offset) {
    TRY(offset, LengthOf(*shift.offset));
  }
  std::vector<std::int64_t> times(grid_.count);
  for (std::size_t i = 0; i < grid_.count; ++i) {
    std::int64_t time = grid_.At(i);
    if (shift.at == AtAnchor::kTime) time = shift.at_ms;
    if (shift.at == AtAnchor::kStart) time = query_.start;
    if (shift.at == AtAnchor::kEnd) time = query_.Last();
    if (__builtin_sub_overflow(time, offset, &times[i]) || times[i] > INT64_MAX / 4 || times[i] < INT64_MIN / 4) {
      return Fail(ErrorCode::kInvalid, "A time of the query is out of range.");
    }
  }
  return times;
}

Result<std::vector<Series>> Evaluator::Select(const Expr& expr, const VectorSelector& selector, std::int64_t from,
                                              std::int64_t to) {
  if (selector.edge != WindowEdge::kPlain) {
    return Fail(ErrorCode::kUnsupported, "The modifiers anchored and smoothed are not supported.");
  }
  TRY(std::vector<Series> found, source_.Select(selector.matchers, from, to));
  std::size_t samples = 0;
  for (const Series& series : found) samples += series.samples.size();
  TRY_OK(CountSamples(samples));
  if (recorder_ != nullptr) {
    SelectorWitness witness{
        PrintExpr(expr), from, to, static_cast<int>(found.size()), static_cast<std::int64_t>(samples), {}, {}};
    for (const Series& series : found) {
      if (series.samples.empty()) continue;
      witness.first = std::min(witness.first.value_or(INT64_MAX), series.samples.front().t);
      witness.last = std::max(witness.last.value_or(INT64_MIN), series.samples.back().t);
    }
    recorder_->selectors.push_back(std::move(witness));
  }
  return found;
}

Result<Evaluated> Evaluator::SelectInstant(const Expr& expr, const VectorSelector& selector, bool as_timestamp) {
  TRY(const std::vector<std::int64_t> times, ReferenceTimes(selector.shift));
  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  TRY(const std::vector<Series> found, Select(expr, selector, *first - options_.lookback_ms, *last));
  Evaluated evaluated;
  evaluated.rows.reserve(found.size());
  for (const Series& series : found) {
    Row row(series.labels, grid_.count);
    // The first sample after the step's time; times never go back.
    std::size_t next = 0;
    if (grid_.count == 1) next = CountUntil(series.samples, times[0]);
    for (std::size_t i = 0; i < grid_.count; ++i) {
      while (next < series.samples.size() && series.samples[next].t <= times[i]) ++next;
      if (next == 0) continue;
      const Sample& sample = series.samples[next - 1];
      if (sample.t <= times[i] - options_.lookback_ms || metrics::IsStale(sample.value)) continue;
      row.Set(i, as_timestamp ? static_cast<double>(sample.t) / 1000 : sample.value);
    }
    if (row.AnyPresent()) evaluated.rows.push_back(std::move(row));
  }
  return evaluated;
}

Result<Windows> Evaluator::EvaluateMatrix(const Expr& expr) {
  if (const auto* matrix = expr.As<MatrixSelector>()) return SelectWindows(expr, *matrix);
  if (const auto* subquery = expr.As<SubqueryExpr>()) return EvaluateSubquery(*subquery);
  return Fail(ErrorCode::kInvalid, "A range vector is needed here.");
}

Result<Windows> Evaluator::SelectWindows(const Expr& expr, const MatrixSelector& matrix) {
  Windows windows;
  TRY(windows.range, LengthOf(matrix.range));
  if (windows.range <= 0) return Fail(ErrorCode::kInvalid, "duration must be greater than 0");
  TRY(windows.ends, ReferenceTimes(matrix.selector.shift));
  const auto [first, last] = std::minmax_element(windows.ends.begin(), windows.ends.end());
  TRY(std::vector<Series> found, Select(expr, matrix.selector, *first - windows.range, *last));
  windows.series.reserve(found.size());
  for (Series& series : found) {
    metrics::Samples samples = WithoutStale(std::move(series.samples));
    if (!samples.empty()) windows.series.push_back({std::move(series.labels), false, std::move(samples)});
  }
  return windows;
}

Result<Windows> Evaluator::EvaluateSubquery(const SubqueryExpr& subquery) {
  Windows windows;
  TRY(windows.range, LengthOf(subquery.range));
  if (windows.range <= 0) return Fail(ErrorCode::kInvalid, "duration must be greater than 0");
  std::int64_t step = options_.default_subquery_step_ms;
  if (subquery.step) {
    TRY(step, LengthOf(*subquery.step));
    if (step <= 0) return Fail(ErrorCode::kInvalid, "duration must be greater than 0");
  }
  TRY(windows.ends, ReferenceTimes(subquery.shift));
  const auto [first, last] = std::minmax_element(windows.ends.begin(), windows.ends.end());
  // Points lie on multiples of the step, strictly after the beginning of the first window.
  const std::int64_t start = FloorTo(*first - windows.range, step) + step;
  if (start > *last) return windows;
  const std::int64_t count = (*last - start) / step + 1;
  if (count > options_.samples_max) {
    return Fail(ErrorCode::kLimit, "query processing would load too many samples into memory in query execution");
  }
  const Grid inner_grid{start, step, static_cast<std::size_t>(count)};
  Evaluator inner(source_, options_, query_, inner_grid, recorder_);
  TRY(const Evaluated evaluated, inner.Evaluate(*subquery.inner));
  samples_ += inner.samples_;
  for (const Row& row : evaluated.rows) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < inner_grid.count; ++i) {
      if (row.present[i] != 0) samples.push_back({inner_grid.At(i), row.values[i]});
    }
    if (!samples.empty()) windows.series.push_back({row.identity.Whole(), row.drop_name, std::move(samples)});
  }
  TRY_OK(CountSamples(evaluated.rows.size() * inner_grid.count));
  return windows;
}

}  // namespace tuesday::promql
