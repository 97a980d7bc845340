// SPDX-License-Identifier: Apache-2.0
// What stands between two slashes of a pattern. An internal header of this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuesday::workflow {

// One character of a pattern: a literal, any, any number of any, or one of a set.
struct GlobAtom {
  enum class Kind { kLiteral, kAny, kStar, kSet };
  Kind kind = Kind::kLiteral;
  char32_t literal = 0;
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;
};

class GlobSegment {
 public:
  explicit GlobSegment(std::string_view text);

  bool IsGlobstar() const { return is_globstar_; }

  // Whether a name of a file is of this segment. `.` and `..` are only what is written as them.
  bool Matches(std::string_view name) const;

 private:
  bool is_globstar_ = false;
  bool has_wildcards_ = false;
  std::vector<GlobAtom> atoms_;
};

// The segment as a name, when it is one: without wildcards, or with sets of one character only.
std::optional<std::string> LiteralOf(std::string_view segment);

// The name as a segment that matches nothing else.
std::string EscapeGlob(std::string_view name);

}  // namespace tuesday::workflow
