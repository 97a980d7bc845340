// SPDX-License-Identifier: Apache-2.0
// The inverted index of a set of series: from a label's value to the series that have it. Immutable and shared by
// snapshots; positions count the series in the order of their labels.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"
#include "core/metrics/store.h"

namespace tuesday::metrics {

class SeriesIndex {
 public:
  explicit SeriesIndex(const std::map<Labels, SeriesRef>& series);

  std::size_t size() const { return labels_.size(); }
  const Labels& LabelsAt(std::size_t position) const { return labels_[position]; }
  SeriesRef RefAt(std::size_t position) const { return refs_[position]; }

  // Positions of the series that all matchers match, ascending. kInvalid for a bad regular expression.
  Result<std::vector<std::uint32_t>> Find(const std::vector<LabelMatcher>& matchers) const;

 private:
  using Postings = std::map<std::string, std::vector<std::uint32_t>, std::less<>>;

  std::vector<Labels> labels_;
  std::vector<SeriesRef> refs_;
  std::map<std::string, Postings, std::less<>> by_name_;
};

}  // namespace tuesday::metrics
