// SPDX-License-Identifier: Apache-2.0
// Keeps what an evaluation read, so that exactly these samples can be sealed with its verdict.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/source.h"

namespace tuesday::control {

class SealingSource : public metrics::Source {
 public:
  // `inner` must outlive it.
  explicit SealingSource(const metrics::Source& inner) : inner_(inner) {}

  Result<std::vector<metrics::Series>> Select(const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                                              std::int64_t to) const override;

  // Everything that was read since the last call, as the bytes of a SampleBatch.
  std::string TakeBytes();

 private:
  const metrics::Source& inner_;
  mutable std::vector<std::vector<metrics::Series>> taken_;  // One evaluation, one thread.
};

}  // namespace tuesday::control
