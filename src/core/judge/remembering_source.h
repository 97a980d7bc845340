// SPDX-License-Identifier: Apache-2.0
// One evaluation asks for the same series several times (the rule, its verdict, the figures in its reason): answered once.
// Lives for one evaluation; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/metrics/source.h"

namespace tuesday::judge {

class RememberingSource : public metrics::Source {
 public:
  // `inner` must outlive it.
  explicit RememberingSource(const metrics::Source& inner) : inner_(inner) {}

  Result<std::vector<metrics::Series>> Select(const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                                              std::int64_t to) const override {
    for (const Answer& answer : answers_) {
      if (answer.from == from && answer.to == to && answer.matchers == matchers) return answer.series;
    }
    Result<std::vector<metrics::Series>> series = inner_.Select(matchers, from, to);
    if (!series) return series;
    for (metrics::Series& one : *series) one.samples.Share();
    answers_.push_back({matchers, from, to, *series});
    return series;
  }

 private:
  struct Answer {
    std::vector<metrics::LabelMatcher> matchers;
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::vector<metrics::Series> series;
  };

  const metrics::Source& inner_;
  mutable std::vector<Answer> answers_;  // One evaluation, one thread.
};

}  // namespace tuesday::judge
