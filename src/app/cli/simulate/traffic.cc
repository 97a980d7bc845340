// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/traffic.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "base/check.h"

namespace tuesday::cli::simulate {
namespace {

constexpr double kShareLeast = 1e-7;  // A bucket with less than this never gets a request.
constexpr std::size_t kStatusGood = 0;
constexpr std::size_t kStatusFailed = 2;
static_assert(control::kZeroStatuses[kStatusGood] == 200 && control::kZeroStatuses[kStatusFailed] == 500);

double Below(double seconds, double factor) {
  return 0.5 * std::erfc(-std::log(seconds / (kLatencyMedianSeconds * factor)) / (kLatencySpread * std::numbers::sqrt2));
}

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Traffic::Traffic(TrafficPlan plan, const Script& script, std::uint64_t seed, metrics::SeriesStore& store)
    : plan_(std::move(plan)), script_(script), chance_(seed), store_(store) {
  PlanBuckets();
  Open(plan_.stable, stable_);
  sent_until_ = plan_.began - (kHistory / plan_.sample_step) * plan_.sample_step;
  next_sample_ = sent_until_;
  SendUntil(plan_.began - plan_.sample_step);
  // The first sample of a canary is 0 and stands where its attempt begins.
  Open(plan_.canary, canary_);
}

// The series of buckets that stay at 0, or at the count, say nothing that their neighbours do not: they are left out.
void Traffic::PlanBuckets() {
  bucket_low_ = kBuckets;
  for (const Conditions& conditions : script_.changes) {
    for (const SideConditions* side : {&conditions.canary, &conditions.stable}) {
      const Latency& latency = LatencyOf(side->latency_factor);
      for (std::size_t i = 0; i + 1 < kBuckets; ++i) {
        if (latency.share[i] <= 0) continue;
        bucket_low_ = std::min(bucket_low_, i);
        bucket_high_ = std::max(bucket_high_, i + 1);
      }
    }
  }
  if (bucket_low_ > 0) --bucket_low_;
  bucket_high_ = std::clamp(bucket_high_, bucket_low_, kBuckets - 1);
}

const Traffic::Latency& Traffic::LatencyOf(double factor) {
  for (const Latency& latency : latencies_) {
    if (latency.factor == factor) return latency;
  }
  Latency& latency = latencies_.emplace_back();
  latency.factor = factor;
  latency.mean_seconds = kLatencyMedianSeconds * factor * std::exp(kLatencySpread * kLatencySpread / 2);
  double before = 0;
  for (std::size_t i = 0; i + 1 < kBuckets; ++i) {
    const double until = Below(metrics::BucketBounds()[i], factor);
    const bool matters = until - before > kShareLeast && before < 1;
    latency.share[i] = matters ? std::min(1.0, (until - before) / (1 - before)) : 0;
    before = until;
  }
  latency.share[kBuckets - 1] = 1;
  // What is left after the last bucket that matters falls into it.
  for (std::size_t i = kBuckets - 1; i-- > 0;) {
    if (latency.share[i] <= 0) continue;
    if (1 - Below(metrics::BucketBounds()[i], factor) < kShareLeast * 10) latency.share[i] = 1;
    break;
  }
  return latency;
}

void Traffic::Open(const control::Owner& owner, Side& side) {
  const metrics::Labels requests = control::LabelsOf(owner, "http_requests_total");
  for (const int status : control::kZeroStatuses) {
    side.status_series.push_back(store_.Open(requests.With("status", std::to_string(status))));
  }
  const metrics::Labels bucket = control::LabelsOf(owner, "http_request_duration_seconds_bucket");
  for (std::size_t i = bucket_low_; i < bucket_high_; ++i) {
    side.bucket_series.push_back(store_.Open(bucket.With("le", metrics::BucketTexts()[i])));
  }
  side.bucket_series.push_back(store_.Open(bucket.With("le", "+Inf")));
  side.count_series = store_.Open(control::LabelsOf(owner, "http_request_duration_seconds_count"));
  side.sum_series = store_.Open(control::LabelsOf(owner, "http_request_duration_seconds_sum"));
  side.restart_series = store_.Open(control::LabelsOf(owner, "kube_pod_container_status_restarts_total"));
  side.up_series = store_.Open(control::LabelsOf(owner, "up"));
}

const Conditions& Traffic::ConditionsAt(Instant at) const {
  const auto after = std::ranges::upper_bound(script_.changes, at - plan_.began, {}, &Conditions::at);
  return after == script_.changes.begin() ? script_.changes.front() : *std::prev(after);
}

void Traffic::Send(Side& side, const SideConditions& conditions, double mean) {
  const std::int64_t requests = chance_.Poisson(mean);
  if (requests == 0) return;
  const std::int64_t failed = chance_.Binomial(requests, conditions.errors_percent / 100);
  side.by_status[kStatusGood] += requests - failed;
  side.by_status[kStatusFailed] += failed;
  const Latency& latency = LatencyOf(conditions.latency_factor);
  std::int64_t left = requests;
  for (std::size_t i = 0; i < kBuckets && left > 0; ++i) {
    const std::int64_t fell = chance_.Binomial(left, latency.share[i]);
    side.buckets[i] += fell;
    left -= fell;
  }
  side.count += requests;
  side.sum_seconds += static_cast<double>(requests) * latency.mean_seconds;
}

void Traffic::SendUntil(Instant to) {
  while (sent_until_ < to) {
    const Instant until = std::min(to, next_sample_ > sent_until_ ? next_sample_ : next_sample_ + plan_.sample_step);
    const Conditions& conditions = ConditionsAt(sent_until_);
    const double requests = conditions.requests_per_second * Seconds(until - sent_until_);
    const double share = weight_.permille() / 1000.0;
    Send(canary_, conditions.canary, requests * share);
    Send(stable_, conditions.stable, requests * (1 - share));
    sent_until_ = until;
    if (until < next_sample_) continue;
    const std::int64_t t_ms = plan_.join.ToWall(until).time_since_epoch().count();
    Sample(stable_, t_ms);
    if (until >= plan_.began) Sample(canary_, t_ms);
    next_sample_ = until + plan_.sample_step;
  }
}

void Traffic::Sample(const Side& side, std::int64_t t_ms) {
  const auto append = [&](metrics::SeriesRef series, double value) {
    const Result<void> appended = store_.Append(series, {t_ms, value});
    CHECK(appended.has_value(), "samples of the simulation are in order");
  };
  for (std::size_t i = 0; i < side.status_series.size(); ++i) {
    append(side.status_series[i], static_cast<double>(side.by_status[i]));
  }
  std::int64_t count = 0;
  for (std::size_t i = 0; i < bucket_high_; ++i) {
    count += side.buckets[i];
    if (i >= bucket_low_) append(side.bucket_series[i - bucket_low_], static_cast<double>(count));
  }
  append(side.bucket_series.back(), static_cast<double>(side.count));
  append(side.count_series, static_cast<double>(side.count));
  append(side.sum_series, side.sum_seconds);
  append(side.restart_series, side.restarts);
  append(side.up_series, 1);
}

void Traffic::Advance(Instant to, Weight weight, int canary_restarts) {
  // A restart is in the first sample after it.
  canary_.restarts = std::max(canary_.restarts, canary_restarts);
  SendUntil(to);
  weight_ = weight;
}

}  // namespace tuesday::cli::simulate
