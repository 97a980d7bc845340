// SPDX-License-Identifier: Apache-2.0
// Label matchers made ready for use. Regular expressions are RE2, anchored on both sides, and `.` matches a newline.
// One object belongs to one selection: it caches answers and is not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"

namespace tuesday::metrics {

class CompiledMatchers {
 public:
  // kInvalid for a regular expression that RE2 refuses.
  static Result<CompiledMatchers> Compile(const std::vector<LabelMatcher>& matchers);

  CompiledMatchers(CompiledMatchers&&) noexcept;
  CompiledMatchers& operator=(CompiledMatchers&&) noexcept;
  ~CompiledMatchers();

  bool Match(const Labels& labels) const;

  // Whether matcher `index` (in the order given) accepts this value of its label.
  bool MatchValue(std::size_t index, std::string_view value) const;

 private:
  struct One;
  explicit CompiledMatchers(std::vector<One> all);
  std::vector<One> all_;
};

// Checks a regular expression as a matcher would; the message is RE2's.
Result<void> CheckRegex(std::string_view pattern);

// Whether the matcher accepts an absent label. False for a regular expression that does not compile.
bool MatchesEmpty(const LabelMatcher& matcher);

}  // namespace tuesday::metrics
