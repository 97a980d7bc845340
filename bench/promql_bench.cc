// SPDX-License-Identifier: Apache-2.0
// What samples and queries cost: appending, bytes a sample, snapshots, and the three common canary rules on 10,000 series.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <random>

#include "core/metrics/buckets.h"
#include "core/metrics/store.h"
#include "core/promql/engine.h"
#include "core/promql/parser.h"
#include "rules_tick.h"

namespace tuesday {
namespace {

using metrics::Labels;

// 30 % constant, 30 % integer counters, 15 % two decimals, 10 % three, 13 % memory, 2 % random: an invented but mixed set.
double Next(int series, double value, std::mt19937_64& random) {
  const int kind = series % 100;
  if (kind < 30) return 42;
  if (kind < 60) return value + static_cast<double>(random() % 100);
  if (kind < 75) return std::round(value * 100 + static_cast<double>(random() % 100) - 50) / 100;
  if (kind < 85) return std::round(value * 1000 + static_cast<double>(random() % 200) - 100) / 1000;
  if (kind < 98) return value + 4096.0 * static_cast<double>(random() % 8);
  return std::ldexp(static_cast<double>(random()), -64);
}

// Appends 360 samples to each of 10,000 series, 5 s apart with a jitter of 0 to 2 ms.
void MeasureIngest() {
  constexpr int kSeries = 10'000;
  constexpr int kSamples = 360;
  metrics::SeriesStore store(1LL << 33);
  std::vector<metrics::SeriesRef> refs;
  std::vector<double> values(kSeries, 0);
  for (int i = 0; i < kSeries; ++i) refs.push_back(store.Open(Labels{{"__name__", "m"}, {"i", std::to_string(i)}}));
  std::mt19937_64 random(1);
  double took_ms = 0;
  std::vector<std::int64_t> times(kSeries);
  for (std::int64_t t = 5000; t <= 5000 * kSamples; t += 5000) {
    for (int i = 0; i < kSeries; ++i) {
      const auto at = static_cast<std::size_t>(i);
      values[at] = Next(i, values[at], random);
      times[at] = t + static_cast<std::int64_t>(random() % 3);
    }
    const double began_ms = bench::CpuMilliseconds();
    for (std::size_t i = 0; i < refs.size(); ++i) benchmark::DoNotOptimize(store.Append(refs[i], {times[i], values[i]}));
    took_ms += bench::CpuMilliseconds() - began_ms;
  }
  const metrics::Stats stats = store.stats();
  std::printf("bench metrics_ingest %.2f million samples/s\n", kSeries * kSamples / took_ms / 1e3);
  std::printf("bench metrics_bytes_per_sample %.3f B\n",
              static_cast<double>(stats.sealed_bytes) / static_cast<double>(stats.sealed_samples));
}

// About 10,000 series: instances with all buckets and statuses, ten minutes of samples every 5 s.
const metrics::SeriesStore& Loaded() {
  static const metrics::SeriesStore* const kStore = [] {
    auto* store = new metrics::SeriesStore(1LL << 33);
    std::mt19937_64 random(2);
    for (int instance = 0; instance < 93; ++instance) {
      const Labels base{{"canary", instance % 2 == 0 ? "true" : "false"}, {"instance", std::to_string(instance)}};
      std::vector<metrics::SeriesRef> refs;
      for (const char* status : {"200", "404", "500", "502", "503", "504"}) {
        refs.push_back(store->Open(base.With("__name__", "http_requests_total").With("status", status)));
      }
      for (const std::string& le : metrics::BucketTexts()) {
        refs.push_back(store->Open(base.With("__name__", "http_request_duration_seconds_bucket").With("le", le)));
      }
      refs.push_back(store->Open(base.With("__name__", "http_request_duration_seconds_bucket").With("le", "+Inf")));
      for (std::size_t i = 0; i < refs.size(); ++i) {
        double value = 0;
        for (int step = 0; step < 120; ++step) {
          value += static_cast<double>(i + random() % 20);
          benchmark::DoNotOptimize(store->Append(refs[i], {step * 5000, value}));
        }
      }
    }
    return store;
  }();
  return *kStore;
}

void MetricsSnapshot(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Loaded().Snapshot());
  state.counters["series"] = static_cast<double>(Loaded().stats().series);
}
BENCHMARK(MetricsSnapshot)->Unit(benchmark::kMicrosecond);

constexpr const char* kQueries[] = {
    "sum(rate(http_requests_total{status=~\"5..\",canary=\"true\"}[2m])) / sum(rate(http_requests_total{canary=\"true\"}[2m])) "
    "> 0.01",
    "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary=\"true\"}[2m])) by (le)) > 1.25 * "
    "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary=\"false\"}[2m])) by (le))",
    "sum by (instance) (rate({__name__=~\".+\"}[2m]))"};

void EvalInstant(benchmark::State& state) {
  const auto source = Loaded().Snapshot();
  const Result<promql::ExprPtr> expr = promql::ParseExpr(kQueries[state.range(0)]);
  for (auto _ : state) benchmark::DoNotOptimize(promql::EvaluateInstant(**expr, *source, 590'000, {}, nullptr));
}
BENCHMARK(EvalInstant)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

void EvalRange(benchmark::State& state) {
  const auto source = Loaded().Snapshot();
  const Result<promql::ExprPtr> expr = promql::ParseExpr(kQueries[state.range(0)]);
  for (auto _ : state) benchmark::DoNotOptimize(promql::EvaluateRange(**expr, *source, 120'000, 590'000, 5'000, {}));
}
BENCHMARK(EvalRange)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

void Parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(promql::ParseExpr(kQueries[1]));
}
BENCHMARK(Parse)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tuesday

// First the figures that tools/bench.py collects, then Google Benchmark's own.
int main(int argc, char** argv) {
  tuesday::MeasureIngest();
  const tuesday::bench::RulesTick tick = tuesday::bench::MeasureRulesTick();
  std::printf("bench rules_tick_100_rules_10000_series %.2f ms\n", tick.mean_ms);
  std::printf("bench rules_tick_100_rules_10000_series_worst %.2f ms\n", tick.worst_ms);
  std::fflush(stdout);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
