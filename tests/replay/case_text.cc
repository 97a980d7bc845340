// SPDX-License-Identifier: Apache-2.0
#include "case_text.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "base/json.h"
#include "core/metrics/text.h"
#include "core/promql/parser.h"

namespace tuesday::replay {
namespace {

using SeriesMap = std::map<metrics::Labels, std::map<std::int64_t, double>>;

void Add(SeriesMap& all, const std::vector<metrics::Series>& read) {
  for (const metrics::Series& series : read) {
    for (const metrics::Sample& sample : series.samples) all[series.labels][sample.t] = sample.value;
  }
}

std::int64_t FirstMs(const SeriesMap& all) {
  std::int64_t first = INT64_MAX;
  for (const auto& [labels, samples] : all) first = std::min(first, samples.begin()->first);
  return first;
}

std::int64_t GridMs(const SeriesMap& all, std::int64_t origin_ms, std::int64_t least_ms) {
  std::int64_t grid = least_ms;
  for (const auto& [labels, samples] : all) {
    for (const auto& [t, value] : samples) grid = std::gcd(grid, t - origin_ms);
  }
  return grid;
}

// The replay begins here: before every sample, and so that its ticks stand where `tick_ms` stands. Promtool loads samples
// up to its last tick only.
std::int64_t OriginMs(const SeriesMap& all, std::int64_t tick_ms, std::int64_t interval_ms) {
  const std::int64_t before = tick_ms - std::min(FirstMs(all), tick_ms);
  return tick_ms - (before / interval_ms + 1) * interval_ms;
}

// `1 _x3 2`: a value a point of the grid, `_` where there is none.
std::string ValuesText(const std::map<std::int64_t, double>& samples, std::int64_t origin_ms, std::int64_t grid_ms) {
  std::string text;
  std::int64_t point = 0;
  for (const auto& [t, value] : samples) {
    const std::int64_t gap = (t - origin_ms) / grid_ms - point;
    if (gap > 0) text += gap == 1 ? "_ " : "_x" + std::to_string(gap) + " ";
    text += metrics::FixedText(value) + " ";
    point += gap + 1;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

Json::Array InputSeries(const SeriesMap& all, std::int64_t origin_ms, std::int64_t grid_ms) {
  Json::Array input;
  for (const auto& [labels, samples] : all) {
    input.push_back(Json::Object{{"series", labels.Text()}, {"values", ValuesText(samples, origin_ms, grid_ms)}});
  }
  return input;
}

std::string TimeText(std::int64_t ms) { return std::to_string(ms) + "ms"; }

Json ExprTest(const std::string& expr, std::int64_t at_ms, Json::Array samples) {
  return Json::Object{{"expr", expr}, {"eval_time", TimeText(at_ms)}, {"exp_samples", std::move(samples)}};
}

Json Sample(const metrics::Labels& labels, double value) {
  return Json::Object{{"labels", labels.empty() ? "{}" : labels.Text()}, {"value", value}};
}

// A NaN equals nothing, itself included: there the question is whether it is one.
void AddSide(Json::Array& tests, const Side& side, std::int64_t at_ms) {
  const bool is_nan =
      std::ranges::any_of(side.value, [](const promql::VectorSample& sample) { return std::isnan(sample.value); });
  const std::string expr = is_nan ? "(" + side.expr + ") != bool (" + side.expr + ")" : side.expr;
  Json::Array samples;
  for (const promql::VectorSample& sample : side.value) {
    samples.push_back(Sample(sample.labels, is_nan ? (std::isnan(sample.value) ? 1 : 0) : sample.value));
  }
  tests.push_back(ExprTest(expr, at_ms, std::move(samples)));
}

void AddStates(Json::Array& tests, const Tick& tick, std::int64_t origin_ms) {
  Json::Array states;
  Json::Array since;
  for (const promql::VectorSample& sample : tick.alerts) {
    if (sample.labels.Name() == "ALERTS") states.push_back(Sample(sample.labels, sample.value));
    // The replay's time begins at its origin.
    if (sample.labels.Name() == "ALERTS_FOR_STATE") {
      since.push_back(Sample(sample.labels, sample.value - std::floor(static_cast<double>(origin_ms) / 1000)));
    }
  }
  tests.push_back(ExprTest("ALERTS", tick.at_ms - origin_ms, std::move(states)));
  tests.push_back(ExprTest("ALERTS_FOR_STATE", tick.at_ms - origin_ms, std::move(since)));
}

void AddFiring(Json::Array& tests, const Tick& tick, std::int64_t origin_ms) {
  for (const auto& [name, alerts] : tick.firing) {
    Json::Array expected;
    for (const rules::ActiveAlert& alert : alerts) {
      Json::Object labels;
      Json::Object annotations;
      for (const auto& [label, value] : alert.labels) {
        if (label != "alertname") labels.insert_or_assign(label, Json(value));
      }
      for (const auto& [key, value] : alert.annotations) annotations.insert_or_assign(key, Json(value));
      expected.push_back(Json::Object{{"exp_labels", std::move(labels)}, {"exp_annotations", std::move(annotations)}});
    }
    tests.push_back(Json::Object{
        {"eval_time", TimeText(tick.at_ms - origin_ms)}, {"alertname", name}, {"exp_alerts", std::move(expected)}});
  }
}

Json SteppingTest(const Plot& plot, const Played& played) {
  SeriesMap all;
  for (const Tick& tick : played.ticks) {
    if (!tick.in_bake) Add(all, tick.samples);
  }
  const std::int64_t origin_ms = OriginMs(all, played.began_ms, played.interval_ms);
  const std::int64_t grid_ms = GridMs(all, origin_ms, played.interval_ms);
  Json::Array firing;
  Json::Array exprs;
  for (const Tick& tick : played.ticks) {
    if (tick.in_bake) continue;
    AddFiring(firing, tick, origin_ms);
    AddStates(exprs, tick, origin_ms);
    for (const Side& side : tick.sides) AddSide(exprs, side, tick.at_ms - origin_ms);
  }
  return Json::Object{{"name", plot.name + ", stepping"},
                      {"interval", TimeText(grid_ms)},
                      {"input_series", InputSeries(all, origin_ms, grid_ms)},
                      {"alert_rule_test", std::move(firing)},
                      {"promql_expr_test", std::move(exprs)}};
}

Json BakeTest(const Plot& plot, const Played& played, const Tick& tick, std::int64_t number) {
  SeriesMap all;
  Add(all, tick.samples);
  const std::int64_t origin_ms = OriginMs(all, tick.at_ms, played.interval_ms);
  const std::int64_t grid_ms = GridMs(all, origin_ms, played.interval_ms);
  Json::Array exprs;
  for (const Side& side : tick.sides) AddSide(exprs, side, tick.at_ms - origin_ms);
  return Json::Object{{"name", plot.name + ", tick " + std::to_string(number) + " of the bake"},
                      {"interval", TimeText(grid_ms)},
                      {"input_series", InputSeries(all, origin_ms, grid_ms)},
                      {"promql_expr_test", std::move(exprs)}};
}

}  // namespace

std::string RuleFileText(const std::string& rules) {
  std::istringstream lines(rules);
  std::string text;
  bool in_spec = false;
  for (std::string line; std::getline(lines, line);) {
    if (in_spec) text += (line.size() > 2 ? line.substr(2) : "") + "\n";
    in_spec = in_spec || line == "spec:";
  }
  return text;
}

std::string TestFileText(const Plot& plot, const Played& played, const std::string& rule_file) {
  Json::Array tests;
  tests.push_back(SteppingTest(plot, played));
  std::int64_t number = 0;
  for (const Tick& tick : played.ticks) {
    if (tick.in_bake && !tick.samples.empty()) tests.push_back(BakeTest(plot, played, tick, ++number));
  }
  return CanonicalJson(Json(Json::Object{{"rule_files", Json::Array{Json(rule_file)}},
                                         {"evaluation_interval", TimeText(played.interval_ms)},
                                         {"tests", std::move(tests)}}));
}

}  // namespace tuesday::replay
