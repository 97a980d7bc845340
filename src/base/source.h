// SPDX-License-Identifier: Apache-2.0
// Where a piece of a user's text stands, and what is wrong with it. Every reader of users' files reports `Finding`s,
// all of them at once.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace tuesday {

// `line` and `column` count from 1; 0 means "the file as a whole". Columns count bytes.
struct SourcePos {
  std::string file;
  int line = 0;
  int column = 0;

  // "file:line:column", without the parts that are 0.
  std::string Text() const;

  friend auto operator<=>(const SourcePos&, const SourcePos&) = default;
};

enum class Severity { kNote, kWarning, kError };

std::string_view SeverityName(Severity severity);

// One thing that a reader has to say. `rule` is a stable kebab-case name ("unknown-key"); `mend` may be empty.
struct Finding {
  SourcePos at;
  Severity severity = Severity::kError;
  std::string rule;
  std::string message;
  std::string mend;

  // "file:line:column: severity: message mend [rule]".
  std::string Text() const;

  friend bool operator==(const Finding&, const Finding&) = default;
};

bool HasErrors(const std::vector<Finding>& findings);

// The candidate nearest to `word` by edit distance, or empty when none is near enough to be meant.
std::string NearestWord(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace tuesday
