// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/functions_range.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/promql/eval/operators.h"

namespace tuesday::promql {

namespace {

using Answer = std::optional<double>;

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

enum class Kind { kGauge, kCounter, kRate };

template <Kind kind>
Answer Extrapolated(Window window, const WindowContext& context) {
  if (window.size() < 2) return std::nullopt;
  double increase = window.back().value - window.front().value;
  if constexpr (kind != Kind::kGauge) {
    if (context.drops) {
      for (const double before : *context.drops) increase += before;
    } else {
      for (std::size_t i = 1; i < window.size(); ++i) {
        if (window[i].value < window[i - 1].value) increase += window[i - 1].value;
      }
    }
  }
  double to_start = Seconds(window.front().t - context.start_ms);
  double to_end = Seconds(context.end_ms - window.back().t);
  const double sampled = Seconds(window.back().t - window.front().t);
  const double between = sampled / static_cast<double>(window.size() - 1);
  const double threshold = between * 1.1;
  if (to_start >= threshold) to_start = between / 2;
  if constexpr (kind != Kind::kGauge) {
    // A counter does not begin below zero.
    if (increase > 0 && window.front().value >= 0) {
      to_start = std::min(to_start, sampled * (window.front().value / increase));
    }
  }
  if (to_end >= threshold) to_end = between / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if constexpr (kind == Kind::kRate) factor /= Seconds(context.end_ms - context.start_ms);
  return increase * factor;
}

template <Kind kind>
Answer LastTwo(Window window, const WindowContext&) {
  if (window.size() < 2) return std::nullopt;
  const metrics::Sample& last = window[window.size() - 1];
  const metrics::Sample& before = window[window.size() - 2];
  if (last.t == before.t) return std::nullopt;
  if constexpr (kind == Kind::kGauge) return last.value - before.value;
  const double change = last.value < before.value ? last.value : last.value - before.value;
  return change / Seconds(last.t - before.t);
}

Answer Resets(Window window, const WindowContext&) {
  int count = 0;
  for (std::size_t i = 1; i < window.size(); ++i) count += window[i].value < window[i - 1].value ? 1 : 0;
  return count;
}

Answer Changes(Window window, const WindowContext&) {
  int count = 0;
  for (std::size_t i = 1; i < window.size(); ++i) {
    const double now = window[i].value;
    const double before = window[i - 1].value;
    if (now != before && !(std::isnan(now) && std::isnan(before))) ++count;
  }
  return count;
}

struct Line {
  double slope = 0;
  double intercept = 0;
};

Line Regression(Window window, std::int64_t zero_ms) {
  const double first = window.front().value;
  if (std::all_of(window.begin(), window.end(), [&](const auto& sample) { return sample.value == first; })) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return std::isinf(first) ? Line{nan, nan} : Line{0, first};
  }
  CompensatedSum x;
  CompensatedSum y;
  CompensatedSum xy;
  CompensatedSum xx;
  for (const metrics::Sample& sample : window) {
    const double at = Seconds(sample.t - zero_ms);
    x.Add(at);
    y.Add(sample.value);
    xy.Add(at * sample.value);
    xx.Add(at * at);
  }
  const double n = static_cast<double>(window.size());
  const double covariance = xy.Total() - x.Total() * y.Total() / n;
  const double variance = xx.Total() - x.Total() * x.Total() / n;
  const double slope = covariance / variance;
  return {slope, y.Total() / n - slope * x.Total() / n};
}

Answer Derivative(Window window, const WindowContext&) {
  if (window.size() < 2) return std::nullopt;
  return Regression(window, window.front().t).slope;
}

Answer PredictLinear(Window window, const WindowContext& context) {
  if (window.size() < 2) return std::nullopt;
  const Line line = Regression(window, context.time_ms);
  return line.slope * context.first + line.intercept;
}

Answer Smoothing(Window window, const WindowContext& context) {
  if (window.size() < 2) return std::nullopt;
  double before = 0;
  double level = window[0].value;
  double trend = window[1].value - window[0].value;
  for (std::size_t i = 1; i < window.size(); ++i) {
    const double scaled = context.first * window[i].value;
    if (i > 1) trend = context.second * (level - before) + (1 - context.second) * trend;
    const double next = scaled + (1 - context.first) * (level + trend);
    before = level;
    level = next;
  }
  return level;
}

Answer Sum(Window window, const WindowContext&) {
  CompensatedSum sum;
  for (const metrics::Sample& sample : window) sum.Add(sample.value);
  return std::isinf(sum.sum) ? sum.sum : sum.Total();
}

Answer Average(Window window, const WindowContext&) {
  CompensatedMean mean;
  for (const metrics::Sample& sample : window) mean.Add(sample.value);
  return mean.Value();
}

Answer Variance(Window window, const WindowContext&) {
  double count = 0;
  CompensatedSum mean;
  CompensatedSum squares;
  for (const metrics::Sample& sample : window) {
    ++count;
    const double delta = sample.value - mean.Total();
    mean.Add(delta / count);
    squares.Add(delta * (sample.value - mean.Total()));
  }
  return squares.Total() / count;
}

Answer Deviation(Window window, const WindowContext& context) { return std::sqrt(*Variance(window, context)); }

// The last of equal extremes; a NaN gives way to any number.
const metrics::Sample& Extreme(Window window, bool maximum) {
  const metrics::Sample* best = &window.front();
  for (const metrics::Sample& sample : window) {
    const bool better = maximum ? sample.value >= best->value : sample.value <= best->value;
    if (better || std::isnan(best->value)) best = &sample;
  }
  return *best;
}

std::vector<double> Values(Window window) {
  std::vector<double> values;
  values.reserve(window.size());
  for (const metrics::Sample& sample : window) values.push_back(sample.value);
  return values;
}

Answer MedianDeviation(Window window, const WindowContext&) {
  std::vector<double> values = Values(window);
  if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) return std::nan("");
  const double median = Quantile(0.5, values);
  for (double& value : values) value = std::fabs(value - median);
  return Quantile(0.5, std::move(values));
}

}  // namespace

Drops FindDrops(Window samples) {
  Drops drops;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (!(samples[i].value < samples[i - 1].value)) continue;
    drops.at.push_back(i);
    drops.before.push_back(samples[i - 1].value);
  }
  return drops;
}

bool UsesDrops(std::string_view name) { return name == "rate" || name == "increase"; }

RangeFunction FindRangeFunction(std::string_view name) {
  static const std::map<std::string_view, RangeFunction> kFunctions = {
      {"rate", &Extrapolated<Kind::kRate>},
      {"increase", &Extrapolated<Kind::kCounter>},
      {"delta", &Extrapolated<Kind::kGauge>},
      {"irate", &LastTwo<Kind::kRate>},
      {"idelta", &LastTwo<Kind::kGauge>},
      {"resets", &Resets},
      {"changes", &Changes},
      {"deriv", &Derivative},
      {"predict_linear", &PredictLinear},
      {"double_exponential_smoothing", &Smoothing},
      {"sum_over_time", &Sum},
      {"avg_over_time", &Average},
      {"stdvar_over_time", &Variance},
      {"stddev_over_time", &Deviation},
      {"mad_over_time", &MedianDeviation},
      {"count_over_time", [](Window window, const WindowContext&) -> Answer { return static_cast<double>(window.size()); }},
      {"present_over_time", [](Window, const WindowContext&) -> Answer { return 1; }},
      {"first_over_time", [](Window window, const WindowContext&) -> Answer { return window.front().value; }},
      {"last_over_time", [](Window window, const WindowContext&) -> Answer { return window.back().value; }},
      {"max_over_time", [](Window window, const WindowContext&) -> Answer { return Extreme(window, true).value; }},
      {"min_over_time", [](Window window, const WindowContext&) -> Answer { return Extreme(window, false).value; }},
      {"ts_of_first_over_time", [](Window window, const WindowContext&) -> Answer { return Seconds(window.front().t); }},
      {"ts_of_last_over_time", [](Window window, const WindowContext&) -> Answer { return Seconds(window.back().t); }},
      {"ts_of_max_over_time", [](Window window, const WindowContext&) -> Answer { return Seconds(Extreme(window, true).t); }},
      {"ts_of_min_over_time", [](Window window, const WindowContext&) -> Answer { return Seconds(Extreme(window, false).t); }},
      {"quantile_over_time",
       [](Window window, const WindowContext& context) -> Answer { return Quantile(context.first, Values(window)); }},
  };
  const auto at = kFunctions.find(name);
  return at == kFunctions.end() ? nullptr : at->second;
}

}  // namespace tuesday::promql
