// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/counters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

namespace tuesday::control {

namespace {

constexpr std::string_view kRequests = "http_requests_total";
constexpr std::string_view kDuration = "http_request_duration_seconds";
constexpr std::string_view kFirstByte = "http_response_first_byte_seconds";

std::string StatusText(int status) { return status < 0 ? "client_gone" : std::to_string(status); }

void AddTo(HistogramTally& sum, const HistogramTally& more) {
  for (std::size_t i = 0; i < sum.buckets.size(); ++i) sum.buckets[i] += more.buckets[i];
  sum.sum_seconds += more.sum_seconds;
}

void AddHistogram(const Owner& owner, std::string_view name, std::vector<Point>& points) {
  const std::string base(name);
  const metrics::Labels bucket = LabelsOf(owner, base + "_bucket");
  for (const std::string& bound : metrics::BucketTexts()) points.push_back({bucket.With("le", bound), 0});
  points.push_back({bucket.With("le", "+Inf"), 0});
  points.push_back({LabelsOf(owner, base + "_sum"), 0});
  points.push_back({LabelsOf(owner, base + "_count"), 0});
}

void AddValues(const HistogramTally& tally, std::vector<double>& values) {
  std::uint64_t count = 0;
  for (const std::uint64_t bucket : tally.buckets) values.push_back(static_cast<double>(count += bucket));
  values.push_back(tally.sum_seconds);
  values.push_back(static_cast<double>(count));
}

std::optional<Owner> OwnerOf(const metrics::Labels& labels) {
  Owner owner{{Namespace(std::string(labels.Get("namespace"))), std::string(labels.Get("rollout"))},
              RevisionId(std::string(labels.Get("revision"))),
              std::string(labels.Get("instance")),
              AttemptId(std::string(labels.Get("attempt")))};
  if (owner.rollout.name.empty() || owner.revision.empty() || owner.instance.empty()) return std::nullopt;
  return owner;
}

// Buckets are stored cumulative; `le` finds the place, and differences are taken when all are there.
void TakeBack(std::string_view part, const metrics::Labels& labels, double value, HistogramTally& tally) {
  if (part == "_sum") tally.sum_seconds = value;
  if (part != "_bucket") return;
  const std::string_view le = labels.Get("le");
  for (std::size_t i = 0; i < tally.buckets.size(); ++i) {
    const bool is_last = i + 1 == tally.buckets.size();
    if (le == (is_last ? "+Inf" : std::string_view(metrics::BucketTexts()[i]))) {
      tally.buckets[i] = static_cast<std::uint64_t>(value);
      return;
    }
  }
}

void Difference(HistogramTally& tally) {
  for (std::size_t i = tally.buckets.size() - 1; i > 0; --i) {
    tally.buckets[i] -= std::min(tally.buckets[i], tally.buckets[i - 1]);
  }
}

}  // namespace

metrics::Labels LabelsOf(const Owner& owner, std::string_view metric) {
  return metrics::Labels({{std::string(metrics::kNameLabel), std::string(metric)},
                          {"namespace", owner.rollout.ns.str()},
                          {"rollout", owner.rollout.name},
                          {"revision", owner.revision.str()},
                          {"instance", owner.instance},
                          {"attempt", owner.attempt.str()}});
}

void Counters::Add(const RequestTally& tally) {
  for (const auto& [status, count] : tally.by_status) {
    if (!by_status.contains(status)) unsampled.insert(status);
    by_status[status] += count;
  }
  AddTo(duration, tally.duration);
  AddTo(first_byte, tally.first_byte);
}

std::uint64_t Counters::Requests() const {
  std::uint64_t requests = 0;
  for (const auto& [status, count] : by_status) requests += count;
  return requests;
}

std::vector<Point> PointsOf(const Owner& owner, const Counters& counters) {
  std::vector<Point> points;
  const metrics::Labels requests = LabelsOf(owner, kRequests);
  for (const auto& [status, count] : counters.by_status) {
    points.push_back({requests.With("status", StatusText(status)), 0});
  }
  AddHistogram(owner, kDuration, points);
  AddHistogram(owner, kFirstByte, points);
  std::vector<double> values;
  ValuesOf(counters, values);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].value = values[i];
  return points;
}

void ValuesOf(const Counters& counters, std::vector<double>& values) {
  values.clear();
  for (const auto& [status, count] : counters.by_status) values.push_back(static_cast<double>(count));
  AddValues(counters.duration, values);
  AddValues(counters.first_byte, values);
}

std::map<Owner, Counters> CountersFrom(const std::vector<metrics::Series>& series) {
  std::map<Owner, Counters> all;
  for (const metrics::Series& one : series) {
    const std::optional<Owner> owner = OwnerOf(one.labels);
    if (!owner || one.samples.empty() || !std::isfinite(one.samples.back().value)) continue;
    const double value = one.samples.back().value;
    const std::string_view name = one.labels.Name();
    if (name == kRequests) {
      const std::string status(one.labels.Get("status"));
      all[*owner].by_status[status == "client_gone" ? -1 : std::atoi(status.c_str())] = static_cast<std::uint64_t>(value);
    } else if (name.starts_with(kDuration)) {
      TakeBack(name.substr(kDuration.size()), one.labels, value, all[*owner].duration);
    } else if (name.starts_with(kFirstByte)) {
      TakeBack(name.substr(kFirstByte.size()), one.labels, value, all[*owner].first_byte);
    }
  }
  for (auto& [owner, counters] : all) {
    Difference(counters.duration);
    Difference(counters.first_byte);
  }
  return all;
}

double QuantileOf(const HistogramTally& histogram, double share) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram.buckets) total += count;
  if (total == 0) return 0;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
    below += histogram.buckets[i];
    if (static_cast<double>(below) < share * static_cast<double>(total)) continue;
    return metrics::BucketBounds()[std::min(i, static_cast<std::size_t>(metrics::kBucketCount - 1))];
  }
  return metrics::BucketBounds().back();
}

}  // namespace tuesday::control
