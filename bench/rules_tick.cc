// SPDX-License-Identifier: Apache-2.0
#include "rules_tick.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "core/metrics/buckets.h"
#include "core/metrics/store.h"
#include "core/rules/alert.h"

namespace tuesday::bench {

namespace {

using metrics::Labels;

constexpr int kServices = 50;
constexpr int kBuckets = 93;  // And +Inf; with 6 statuses 100 series an instance.
constexpr std::size_t kStatuses = 6;
constexpr std::array<int, kStatuses> kRequestsOf = {1000, 10, 1, 0, 2, 0};  // In one sample step: the canaries are healthy.
constexpr int kTicks = 40;
constexpr std::int64_t kSampleStepMs = 5'000;
constexpr std::int64_t kTickMs = 30'000;
constexpr std::int64_t kBeginMs = 1'767'708'000'000;

std::string RulesText() {
  std::string text = "groups:\n- name: canary\n  interval: 30s\n  rules:\n";
  for (int service = 0; service < kServices; ++service) {
    text += fmt::format(R"(  - alert: HighErrorRate{0}
    expr: sum(rate(http_requests_total{{status=~"5..",canary="true",app="app-{0}"}}[2m]))
      / sum(rate(http_requests_total{{canary="true",app="app-{0}"}}[2m])) > 0.01
    for: 1m
  - alert: HighLatency{0}
    expr: histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{{canary="true",app="app-{0}"}}[2m])) by (le))
      > 1.25 * histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{{canary="false",app="app-{0}"}}[2m])) by (le))
    for: 2m
)",
                        service);
  }
  return text;
}

struct World {
  metrics::SeriesStore store{1LL << 33};
  std::vector<metrics::SeriesRef> refs;
  std::vector<double> values;
  std::mt19937_64 random{7};
  std::int64_t now_ms = kBeginMs;

  World() {
    for (int service = 0; service < kServices; ++service) {
      for (const char* canary : {"true", "false"}) {
        const std::string instance = fmt::format("app-{}-5f7c9-{}", service, canary);
        Open(Labels{{"app", fmt::format("app-{}", service)}, {"canary", canary}, {"instance", instance}});
      }
    }
    values.resize(refs.size());
  }

  void Open(const Labels& base) {
    const Labels requests = base.With("__name__", "http_requests_total");
    for (const char* status : {"200", "404", "500", "502", "503", "504"}) {  // As many as kStatuses.
      refs.push_back(store.Open(requests.With("status", status)));
    }
    const Labels bucket = base.With("__name__", "http_request_duration_seconds_bucket");
    for (std::size_t i = 0; i < kBuckets; ++i) refs.push_back(store.Open(bucket.With("le", metrics::BucketTexts().at(i))));
    refs.push_back(store.Open(bucket.With("le", "+Inf")));
  }

  void RunUntil(std::int64_t t_ms) {
    for (; now_ms < t_ms; now_ms += kSampleStepMs) {
      for (std::size_t i = 0; i < refs.size(); ++i) {
        values[i] +=
            i % 100 < kStatuses ? static_cast<double>(kRequestsOf.at(i % 100)) : static_cast<double>(i % 100 + random() % 20);
        CHECK(store.Append(refs[i], {now_ms, values[i]}).has_value(), "samples are in order");
      }
    }
  }
};

}  // namespace

double CpuMilliseconds() {
  timespec time{};
  CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0, "a process has a clock");
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

RulesTick MeasureRulesTick() {
  const rules::ReadGroupsResult read = rules::ReadRuleFile(RulesText(), "rules.yaml");
  CHECK(read.groups.size() == 1, "the rules of the benchmark are right");
  World world;
  world.RunUntil(kBeginMs + 600'000);
  RulesTick tick{0, 0, static_cast<int>(world.refs.size()), static_cast<int>(read.groups[0].rules.size())};
  rules::GroupState state;
  for (int i = 0; i < kTicks; ++i) {
    world.RunUntil(world.now_ms + kTickMs);
    const double began_ms = CpuMilliseconds();
    const auto source = world.store.Snapshot();
    rules::Evaluation evaluation = rules::Evaluate(read.groups[0], std::move(state), *source, world.now_ms);
    const double took_ms = CpuMilliseconds() - began_ms;
    for (const rules::RuleResult& result : evaluation.results) CHECK(result.error.empty(), "no rule fails");
    state = std::move(evaluation.state);
    tick.mean_ms += took_ms / kTicks;
    tick.worst_ms = std::max(tick.worst_ms, took_ms);
  }
  return tick;
}

}  // namespace tuesday::bench
