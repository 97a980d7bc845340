// SPDX-License-Identifier: Apache-2.0
// The inverted index of a set of series: from a label's value to the series that have it. Immutable and shared by
// snapshots; positions count the series in the order of their labels.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"
#include "core/metrics/matchers.h"

namespace tuesday::metrics {

class SeriesIndex {
 public:
  // `series` are sorted and no two are equal.
  explicit SeriesIndex(std::vector<Labels> series);

  std::size_t size() const { return labels_.size(); }
  bool HasForeign() const { return has_foreign_; }  // Not all are own series, see IsOwnSeries.
  const Labels& LabelsAt(std::size_t position) const { return labels_[position]; }

  // Positions of the series that all matchers match, ascending. kInvalid for a bad regular expression.
  Result<std::vector<std::uint32_t>> Find(const std::vector<LabelMatcher>& matchers) const;

 private:
  using Positions = std::vector<std::uint32_t>;

  // The series that have one label.
  struct Holders {
    std::map<std::string, Positions, std::less<>> by_value;
    std::vector<std::uint64_t> bits;  // Bit p % 64 of word p / 64: position p has the label.
    std::size_t count = 0;
    bool Has(std::uint32_t position) const { return (bits[position / 64] >> (position % 64) & 1) != 0; }
  };

  // Where the last pair in one place of the labels was put.
  struct Place {
    const std::string* name = nullptr;
    Holders* holders = nullptr;
    const std::string* value = nullptr;
    Positions* positions = nullptr;
  };

  const Holders* HoldersOf(std::string_view name) const;
  // What must hold for the labels that are compared with `=`; nothing if there is no such matcher.
  std::optional<Positions> FindEqual(const std::vector<LabelMatcher>& matchers) const;
  void Filter(const LabelMatcher& matcher, const CompiledMatchers& compiled, std::size_t index, Positions& found) const;

  std::vector<Labels> labels_;
  std::map<std::string, Holders, std::less<>> by_name_;
  bool has_foreign_ = false;
};

}  // namespace tuesday::metrics
