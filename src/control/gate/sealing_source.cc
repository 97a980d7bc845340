// SPDX-License-Identifier: Apache-2.0
#include "control/gate/sealing_source.h"

#include <map>
#include <utility>

#include "core/metrics/batch.h"

namespace tuesday::control {

Result<std::vector<metrics::Series>> SealingSource::Select(const std::vector<metrics::LabelMatcher>& matchers,
                                                           std::int64_t from, std::int64_t to) const {
  Result<std::vector<metrics::Series>> selected = inner_.Select(matchers, from, to);
  if (!selected) return selected;
  for (metrics::Series& series : *selected) series.samples.Share();
  taken_.push_back(*selected);
  return selected;
}

std::string SealingSource::TakeBytes() {
  std::map<metrics::Labels, std::map<std::int64_t, double>> all;
  for (const std::vector<metrics::Series>& selected : std::exchange(taken_, {})) {
    for (const metrics::Series& series : selected) {
      std::map<std::int64_t, double>& samples = all[series.labels];
      for (const metrics::Sample& sample : series.samples) samples[sample.t] = sample.value;
    }
  }
  metrics::SampleBatch batch;
  for (const auto& [labels, samples] : all) {
    metrics::Series& series = batch.series.emplace_back();
    series.labels = labels;
    for (const auto& [t, value] : samples) series.samples.push_back({t, value});
  }
  return metrics::EncodeBatch(batch);
}

}  // namespace tuesday::control
