// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/metrics/text.h"
#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/functions_range.h"
#include "core/promql/eval/functions_vector.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

bool KeepsName(const std::string& function) { return function == "last_over_time" || function == "first_over_time"; }

// Names that end in one of these are taken for counters.
bool LooksLikeCounter(std::string_view name) {
  return name.empty() || name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

// The selector takes one metric's series alone.
bool SelectsOneName(const Expr& matrix) {
  const auto* windows = matrix.As<MatrixSelector>();
  if (windows == nullptr) return false;
  return std::ranges::any_of(windows->selector.matchers, [](const metrics::LabelMatcher& matcher) {
    return matcher.op == metrics::MatchOp::kEqual && matcher.name == metrics::kNameLabel && !matcher.value.empty();
  });
}

// The labels that an absent series would have: those that the selector fixes.
Labels AbsentLabels(const Expr& argument) {
  const Expr& expr = WithoutParens(argument);
  const VectorSelector* selector = expr.As<VectorSelector>();
  if (const MatrixSelector* matrix = expr.As<MatrixSelector>()) selector = &matrix->selector;
  if (selector == nullptr) return {};
  std::map<std::string, std::string> fixed;
  std::map<std::string, int> seen;
  for (const metrics::LabelMatcher& matcher : selector->matchers) {
    if (matcher.name == metrics::kNameLabel) continue;
    if (matcher.op == metrics::MatchOp::kEqual && ++seen[matcher.name] == 1) {
      fixed[matcher.name] = matcher.value;
    } else {
      fixed.erase(matcher.name);
    }
  }
  return Labels(std::vector<Labels::Pair>(fixed.begin(), fixed.end()));
}

// As Go's math.Min and math.Max: NaN if either is.
double Extreme(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  return largest ? std::max(a, b) : std::min(a, b);
}

Evaluated ScalarOf(std::size_t steps, double value) { return {ValueType::kScalar, std::vector<double>(steps, value), {}, {}}; }

}  // namespace

Result<Evaluated> Evaluator::EvaluateCall(const Expr& expr, const CallExpr& call) {
  const std::string& name = call.function;
  if (expr.type == ValueType::kScalar) return CallScalar(call);
  if (name == "absent") return Absent(call, false);
  if (name == "absent_over_time") return Absent(call, true);
  if (name == "timestamp") return Timestamp(call);
  if (name == "histogram_quantiles") return HistogramQuantiles(call);
  if (name == "histogram_quantile") return HistogramQuantile(expr, call);
  if (name == "histogram_fraction") return HistogramFraction(call);
  if (name == "label_replace") return LabelReplace(call);
  if (name == "label_join") return LabelJoin(call);
  if (name == "sort_by_label" || name == "sort_by_label_desc") return SortByLabel(call);
  if (FindRangeFunction(name) != nullptr) return CallOnWindows(call);
  if (name == "info" || name == "start_timestamp") {
    return Fail(ErrorCode::kUnsupported, "The experimental function " + name + " is not supported.");
  }
  if (name.starts_with("histogram_")) {
    // Functions of native histograms ignore floats, and there are no others here.
    TRY_OK(Evaluate(*call.arguments[0]));
    return Evaluated{};
  }
  return CallOnVector(call);
}

Result<Evaluated> Evaluator::CallScalar(const CallExpr& call) {
  const std::string& name = call.function;
  Evaluated result = ScalarOf(grid_.count, 0);
  std::vector<Evaluated> arguments;
  for (const ExprPtr& argument : call.arguments) {
    TRY(arguments.emplace_back(), Evaluate(*argument));
  }
  for (std::size_t i = 0; i < grid_.count; ++i) {
    double& value = result.scalar[i];
    if (name == "time") {
      value = static_cast<double>(grid_.At(i)) / 1000;
    } else if (name == "pi") {
      value = std::numbers::pi;
    } else if (name == "start") {
      value = static_cast<double>(query_.start) / 1000;
    } else if (name == "end") {
      value = static_cast<double>(query_.Last()) / 1000;
    } else if (name == "range") {
      value = static_cast<double>(query_.Last() - query_.start) / 1000;
    } else if (name == "step") {
      value = grid_.count > 1 ? static_cast<double>(grid_.step) / 1000 : 0;
    } else if (name == "min_of") {
      value = Extreme(arguments[0].scalar[i], arguments[1].scalar[i], false);
    } else if (name == "max_of") {
      value = Extreme(arguments[0].scalar[i], arguments[1].scalar[i], true);
    } else {
      int elements = 0;
      for (const Row& row : arguments[0].rows) {
        if (row.present[i] == 0) continue;
        ++elements;
        value = row.values[i];
      }
      if (elements != 1) value = std::nan("");
    }
  }
  return result;
}

Result<Evaluated> Evaluator::CallOnWindows(const CallExpr& call) {
  const RangeFunction function = FindRangeFunction(call.function);
  Windows windows;
  const Expr* matrix = nullptr;
  std::vector<Evaluated> scalars;
  for (const ExprPtr& argument : call.arguments) {
    if (argument->type == ValueType::kMatrix) {
      matrix = &WithoutParens(*argument);
      TRY(windows, EvaluateMatrix(*matrix));
    } else {
      TRY(scalars.emplace_back(), Evaluate(*argument));
      if (call.function == "quantile_over_time") NoteQuantile(scalars.back().scalar, argument->pos);
    }
  }
  if (call.function == "double_exponential_smoothing") {
    for (std::size_t i = 0; i < 2; ++i) {
      for (const double factor : scalars[i].scalar) {
        if (factor > 0 && factor < 1) continue;
        return Fail(ErrorCode::kInvalid, fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {:f}",
                                                     i == 0 ? "smoothing" : "trend", i == 0 ? "sf" : "tf", factor));
      }
    }
  }
  bool stays_apart = SelectsOneName(*matrix);  // Rows that differ in more than their names need no merging.
  const bool counter = call.function == "rate" || call.function == "increase" || call.function == "irate";
  // One window is looked through once anyway.
  const bool uses_drops = grid_.count > 1 && UsesDrops(call.function);
  Evaluated result;
  result.rows.reserve(windows.series.size());
  for (Ranged& ranged : windows.series) {
    Row& row = result.rows.emplace_back(std::move(ranged.labels), grid_.count);
    row.drop_name = ranged.drop_name;
    stays_apart = stays_apart && row.identity.HasOneName();
    const std::span<const metrics::Sample> samples = ranged.samples.span();
    const Drops drops = uses_drops ? FindDrops(samples) : Drops();
    std::size_t low = 0;
    std::size_t high = 0;
    std::size_t drop_low = 0;  // The drops that the window has both samples of.
    std::size_t drop_high = 0;
    for (std::size_t i = 0; i < grid_.count; ++i) {
      const std::int64_t end = windows.ends[i];
      const std::int64_t start = end - windows.range;
      if (grid_.count == 1) {
        high = samples.size();  // One window was selected as it is.
      } else {
        while (high < samples.size() && samples[high].t <= end) ++high;
        while (low < high && samples[low].t <= start) ++low;
      }
      if (low == high) continue;
      WindowContext context{start, end, grid_.At(i), 0, 0, {}};
      if (uses_drops) {
        while (drop_high < drops.at.size() && drops.at[drop_high] < high) ++drop_high;
        while (drop_low < drop_high && drops.at[drop_low] <= low) ++drop_low;
        context.drops = std::span(drops.before).subspan(drop_low, drop_high - drop_low);
      }
      if (!scalars.empty()) context.first = scalars[0].scalar[i];
      if (scalars.size() > 1) context.second = scalars[1].scalar[i];
      const std::optional<double> value = function(samples.subspan(low, high - low), context);
      if (value) row.Set(i, *value);
    }
    if (!row.AnyPresent()) {
      result.rows.pop_back();
      continue;
    }
    if (counter && options_.notes != nullptr && !LooksLikeCounter(row.identity.Name())) {
      AddNote(Note::Level::kInfo,
              "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
                  metrics::Quoted(row.identity.Name()),
              matrix->pos);
    }
    if (!KeepsName(call.function)) DropName(row);
  }
  if (!stays_apart) TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::Timestamp(const CallExpr& call) {
  const Expr& inner = WithoutParens(*call.arguments[0]);
  Evaluated result;
  if (const VectorSelector* selector = inner.As<VectorSelector>()) {
    TRY(result, SelectInstant(inner, *selector, true));
  } else {
    TRY(result, Evaluate(inner));
    for (Row& row : result.rows) {
      for (std::size_t i = 0; i < grid_.count; ++i) row.values[i] = static_cast<double>(grid_.At(i)) / 1000;
    }
  }
  for (Row& row : result.rows) DropName(row);
  TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::Absent(const CallExpr& call, bool over_time) {
  Row row(AbsentLabels(*call.arguments[0]), grid_.count);
  std::fill(row.present.begin(), row.present.end(), 1);
  std::fill(row.values.begin(), row.values.end(), 1);
  if (over_time) {
    TRY(const Windows windows, EvaluateMatrix(WithoutParens(*call.arguments[0])));
    for (const Ranged& ranged : windows.series) {
      for (std::size_t i = 0; i < grid_.count; ++i) {
        const auto after = std::upper_bound(ranged.samples.begin(), ranged.samples.end(), windows.ends[i] - windows.range,
                                            [](std::int64_t t, const metrics::Sample& sample) { return t < sample.t; });
        if (after != ranged.samples.end() && after->t <= windows.ends[i]) row.present[i] = 0;
      }
    }
  } else {
    TRY(const Evaluated inner, Evaluate(*call.arguments[0]));
    for (const Row& there : inner.rows) {
      for (std::size_t i = 0; i < grid_.count; ++i) {
        if (there.present[i] != 0) row.present[i] = 0;
      }
    }
  }
  Evaluated result;
  if (row.AnyPresent()) result.rows.push_back(std::move(row));
  return result;
}

Result<Evaluated> Evaluator::CallOnVector(const CallExpr& call) {
  const std::string& name = call.function;
  std::vector<Evaluated> arguments;
  for (const ExprPtr& argument : call.arguments) {
    TRY(arguments.emplace_back(), Evaluate(*argument));
  }
  Evaluated result;
  if (name == "vector" || call.arguments.empty()) {
    Row row(Labels{}, grid_.count);
    for (std::size_t i = 0; i < grid_.count; ++i) {
      row.Set(i, arguments.empty() ? static_cast<double>(grid_.At(i)) / 1000 : arguments[0].scalar[i]);
    }
    result.rows.push_back(std::move(row));
    if (name == "vector") return result;
  } else {
    result = std::move(arguments[0]);
  }
  if (name == "sort" || name == "sort_desc") {
    if (grid_.count != 1) return result;
    const bool descending = name == "sort_desc";
    std::stable_sort(result.rows.begin(), result.rows.end(), [&](const Row& a, const Row& b) {
      if (std::isnan(a.values[0]) || std::isnan(b.values[0])) return !std::isnan(a.values[0]) && std::isnan(b.values[0]);
      return descending ? a.values[0] > b.values[0] : a.values[0] < b.values[0];
    });
    return result;
  }
  const auto scalar = [&](std::size_t argument, std::size_t i, double otherwise) {
    return argument < arguments.size() ? arguments[argument].scalar[i] : otherwise;
  };
  const ValueFunction function = FindValueFunction(name);
  for (Row& row : result.rows) {
    for (std::size_t i = 0; i < grid_.count; ++i) {
      if (row.present[i] == 0) continue;
      double& value = row.values[i];
      if (function != nullptr) {
        value = function(value);
      } else if (name == "round") {
        value = RoundTo(value, scalar(1, i, 1));
      } else {
        const double inf = std::numeric_limits<double>::infinity();
        const double low = name == "clamp_max" ? -inf : scalar(1, i, -inf);
        const double high = name == "clamp_max" ? scalar(1, i, inf) : scalar(2, i, inf);
        if (high < low) {
          row.present[i] = 0;
        } else if (std::isnan(low) || std::isnan(high) || std::isnan(value)) {
          value = std::nan("");
        } else {
          value = std::max(low, std::min(high, value));
        }
      }
    }
    DropName(row);
  }
  std::erase_if(result.rows, [](const Row& row) { return !row.AnyPresent(); });
  TRY_OK(MergeEqual(result.rows));
  return result;
}

}  // namespace tuesday::promql
