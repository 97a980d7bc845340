// SPDX-License-Identifier: Apache-2.0
// One problem matcher as it was read, and what one line is to one of its patterns. An internal header of this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tuesday::workflow {

// What the lines so far said: what an earlier one said counts. An empty text is something said.
struct PartialMatch {
  std::optional<std::string> file;
  std::optional<std::string> line;
  std::optional<std::string> column;
  std::optional<std::string> severity;
  std::optional<std::string> code;
  std::optional<std::string> message;
  std::optional<std::string> from_path;
};

class Regexp;

// The numbers are those of groups of the expression.
struct MatcherPattern {
  std::shared_ptr<const Regexp> regexp;
  std::optional<int> file;
  std::optional<int> line;
  std::optional<int> column;
  std::optional<int> severity;
  std::optional<int> code;
  std::optional<int> message;
  std::optional<int> from_path;
  bool loop = false;

  std::optional<PartialMatch> Match(std::string_view text, const PartialMatch* before) const;
  int ProgramSize() const;
};

struct Matcher {
  std::string owner;
  std::string severity;  // Of a match that has none itself.
  std::vector<MatcherPattern> patterns;
};

// The matchers of a file, in its order.
Result<std::vector<std::shared_ptr<const Matcher>>> ReadMatchers(std::string_view json);
Result<std::vector<std::string>> ReadOwners(std::string_view json);

}  // namespace tuesday::workflow
