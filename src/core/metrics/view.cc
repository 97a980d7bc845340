// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/view.h"

#include <algorithm>
#include <map>

#include "core/metrics/matchers.h"

namespace tuesday::metrics {

namespace {

using SeriesMap = std::map<Labels, std::vector<Sample>>;

bool IsAddedLabel(const std::string& name) {
  return name == kCanaryLabel || name == kServiceLabel || name == kPodLabel || name == kContainerLabel;
}

// Adds samples to a series that may be there already; of two samples at one time the earlier given one stays.
void Merge(SeriesMap& all, const Labels& labels, std::vector<Sample> samples) {
  if (samples.empty()) return;
  std::vector<Sample>& into = all[labels];
  if (into.empty()) {
    into = std::move(samples);
    return;
  }
  std::vector<Sample> merged;
  merged.reserve(into.size() + samples.size());
  const auto earlier = [](const Sample& a, const Sample& b) { return a.t < b.t; };
  std::merge(into.begin(), into.end(), samples.begin(), samples.end(), std::back_inserter(merged), earlier);
  const auto same = [](const Sample& a, const Sample& b) { return a.t == b.t; };
  merged.erase(std::unique(merged.begin(), merged.end(), same), merged.end());
  into = std::move(merged);
}

std::int64_t Minus(std::int64_t time, std::int64_t shift) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(time, shift, &result)) return shift > 0 ? INT64_MIN : INT64_MAX;
  return result;
}

bool RowCovers(const RoleRow& row, const Labels& labels) {
  return row.revision == labels.Get("revision") && (row.instance.empty() || row.instance == labels.Get("instance"));
}

std::vector<Sample> SamplesInRow(const std::vector<Sample>& samples, const RoleRow& row) {
  std::vector<Sample> seen;
  for (const Sample& sample : samples) {
    if (sample.t >= row.from_ms && sample.t < row.to_ms) seen.push_back(Sample{sample.t + row.shift_ms, sample.value});
  }
  return seen;
}

}  // namespace

bool IsOwnSeries(const Labels& labels) {
  return !labels.Get("namespace").empty() && !labels.Get("rollout").empty() && !labels.Get("revision").empty() &&
         !labels.Get("instance").empty();
}

Labels WithRole(const Labels& own, const RoleRow& row, const std::string& container) {
  std::vector<Labels::Pair> pairs(own.begin(), own.end());
  const std::string instance(own.Get("instance"));
  pairs.emplace_back(kCanaryLabel, row.canary ? "true" : "false");
  pairs.emplace_back(kServiceLabel, row.service);
  pairs.emplace_back(kPodLabel, row.canary ? instance + "-canary" : instance);
  pairs.emplace_back(kContainerLabel, container);
  return Labels(std::move(pairs));
}

AttemptView::AttemptView(ViewIdentity identity, std::shared_ptr<const Source> base, std::vector<RoleRow> rows,
                         std::shared_ptr<const Source> recorded)
    : identity_(std::move(identity)), base_(std::move(base)), rows_(std::move(rows)), recorded_(std::move(recorded)) {}

Result<std::vector<Series>> AttemptView::Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                                std::int64_t to) const {
  TRY(const CompiledMatchers compiled, CompiledMatchers::Compile(matchers));
  SeriesMap all;

  // Our own: the base knows nothing of roles, so it is asked without the labels that roles add.
  std::vector<LabelMatcher> stored = {{MatchOp::kEqual, "namespace", identity_.namespace_name},
                                      {MatchOp::kEqual, "rollout", identity_.rollout},
                                      {MatchOp::kNotEqual, "revision", ""},
                                      {MatchOp::kNotEqual, "instance", ""}};
  for (const LabelMatcher& matcher : matchers) {
    if (!IsAddedLabel(matcher.name)) stored.push_back(matcher);
  }
  std::map<std::int64_t, std::vector<Series>> own_by_shift;
  for (const RoleRow& row : rows_) {
    if (own_by_shift.contains(row.shift_ms)) continue;
    TRY(own_by_shift[row.shift_ms], base_->Select(stored, Minus(from, row.shift_ms), Minus(to, row.shift_ms)));
  }
  for (const RoleRow& row : rows_) {
    for (const Series& series : own_by_shift[row.shift_ms]) {
      if (!RowCovers(row, series.labels)) continue;
      const Labels labels = WithRole(series.labels, row, identity_.container);
      if (compiled.Match(labels)) Merge(all, labels, SamplesInRow(series.samples, row));
    }
  }

  TRY(std::vector<Series> others, base_->Select(matchers, from, to));
  for (Series& series : others) {
    if (!IsOwnSeries(series.labels)) Merge(all, series.labels, std::move(series.samples));
  }
  if (recorded_ != nullptr) {
    TRY(std::vector<Series> recorded, recorded_->Select(matchers, from, to));
    for (Series& series : recorded) Merge(all, series.labels, std::move(series.samples));
  }

  std::vector<Series> found;
  for (auto& [labels, samples] : all) found.push_back(Series{labels, std::move(samples)});
  return found;
}

}  // namespace tuesday::metrics
