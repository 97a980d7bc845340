// SPDX-License-Identifier: Apache-2.0
#include "control/gate/sealing_source.h"

#include <utility>

#include "core/metrics/batch.h"

namespace tuesday::control {

Result<std::vector<metrics::Series>> SealingSource::Select(const std::vector<metrics::LabelMatcher>& matchers,
                                                           std::int64_t from, std::int64_t to) const {
  Result<std::vector<metrics::Series>> selected = inner_.Select(matchers, from, to);
  if (!selected) return selected;
  for (const metrics::Series& series : *selected) {
    std::map<std::int64_t, double>& samples = taken_[series.labels];
    for (const metrics::Sample& sample : series.samples) samples[sample.t] = sample.value;
  }
  return selected;
}

std::string SealingSource::TakeBytes() {
  metrics::SampleBatch batch;
  for (const auto& [labels, samples] : std::exchange(taken_, {})) {
    metrics::Series& series = batch.series.emplace_back();
    series.labels = labels;
    for (const auto& [t, value] : samples) series.samples.push_back({t, value});
  }
  return metrics::EncodeBatch(batch);
}

}  // namespace tuesday::control
