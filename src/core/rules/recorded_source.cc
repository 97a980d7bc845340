// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "core/metrics/matchers.h"
#include "core/rules/alert.h"

namespace tuesday::rules {

namespace {

// The name that all series must have, if the matchers say one.
std::optional<std::string_view> NameOf(const std::vector<metrics::LabelMatcher>& matchers) {
  for (const metrics::LabelMatcher& matcher : matchers) {
    if (matcher.op == metrics::MatchOp::kEqual && matcher.name == metrics::kNameLabel) return matcher.value;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<metrics::Series>> RecordedSource::Select(const std::vector<metrics::LabelMatcher>& matchers,
                                                            std::int64_t from, std::int64_t to) const {
  TRY(std::vector<metrics::Series> found, base_.Select(matchers, from, to));
  if (std::ranges::all_of(layers_, [](const Recorded* layer) { return layer->empty(); })) return found;
  const std::optional<std::string_view> name = NameOf(matchers);
  TRY(const metrics::CompiledMatchers compiled, metrics::CompiledMatchers::Compile(matchers));
  Recorded merged;
  for (const Recorded* layer : layers_) {
    for (const auto& [labels, samples] : *layer) {
      if ((name && labels.Name() != *name) || !compiled.Match(labels)) continue;
      for (const metrics::Sample& sample : samples) {
        if (sample.t > from && sample.t <= to) merged[labels].push_back(sample);
      }
    }
  }
  if (merged.empty()) return found;
  for (metrics::Series& series : found) {
    std::vector<metrics::Sample>& samples = merged[series.labels];
    samples.insert(samples.begin(), series.samples.begin(), series.samples.end());
  }
  found.clear();
  for (auto& [labels, samples] : merged) {
    const auto earlier = [](const metrics::Sample& a, const metrics::Sample& b) { return a.t < b.t; };
    std::stable_sort(samples.begin(), samples.end(), earlier);
    const auto same = [](const metrics::Sample& a, const metrics::Sample& b) { return a.t == b.t; };
    samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());
    found.push_back({labels, std::move(samples)});
  }
  return found;
}

}  // namespace tuesday::rules
