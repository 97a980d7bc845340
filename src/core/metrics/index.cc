// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/index.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>

#include "core/metrics/matchers.h"

namespace tuesday::metrics {

SeriesIndex::SeriesIndex(const std::map<Labels, SeriesRef>& series) {
  labels_.reserve(series.size());
  refs_.reserve(series.size());
  for (const auto& [labels, ref] : series) {
    const auto position = static_cast<std::uint32_t>(labels_.size());
    labels_.push_back(labels);
    refs_.push_back(ref);
    for (const auto& [name, value] : labels) by_name_[name][value].push_back(position);
  }
}

Result<std::vector<std::uint32_t>> SeriesIndex::Find(const std::vector<LabelMatcher>& matchers) const {
  TRY(const CompiledMatchers compiled, CompiledMatchers::Compile(matchers));
  std::optional<std::vector<std::uint32_t>> found;
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < matchers.size(); ++i) {
    if (compiled.MatchValue(i, "")) {
      rest.push_back(i);
      continue;
    }
    // The label must be there: unite the postings of the values that match, and intersect with what was found so far.
    std::vector<std::uint32_t> here;
    const auto name = by_name_.find(matchers[i].name);
    if (name != by_name_.end() && matchers[i].op == MatchOp::kEqual) {
      const auto value = name->second.find(matchers[i].value);
      if (value != name->second.end()) here = value->second;
    } else if (name != by_name_.end()) {
      for (const auto& [value, positions] : name->second) {
        if (compiled.MatchValue(i, value)) here.insert(here.end(), positions.begin(), positions.end());
      }
      std::sort(here.begin(), here.end());
    }
    if (found) {
      std::vector<std::uint32_t> both;
      std::set_intersection(found->begin(), found->end(), here.begin(), here.end(), std::back_inserter(both));
      found = std::move(both);
    } else {
      found = std::move(here);
    }
  }
  if (!found) {
    found.emplace(labels_.size());
    std::iota(found->begin(), found->end(), 0U);
  }
  std::erase_if(*found, [&](std::uint32_t position) {
    return std::any_of(rest.begin(), rest.end(),
                       [&](std::size_t i) { return !compiled.MatchValue(i, labels_[position].Get(matchers[i].name)); });
  });
  return *std::move(found);
}

}  // namespace tuesday::metrics
