// SPDX-License-Identifier: Apache-2.0
// Problem matchers: what makes annotations of the lines of compilers and linters. The set is a job's, in which steps add and
// remove; how far a matcher of several lines has come is a step's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/output/annotation.h"

namespace tuesday::workflow {

inline constexpr std::size_t kMatcherFileBytesMax = 256 * 1024;
inline constexpr std::size_t kMatchersMax = 64;                 // Of a job.
inline constexpr std::size_t kMatcherPatternsMax = 16;          // Of one matcher.
inline constexpr std::size_t kMatcherPatternLengthMax = 4'096;  // Bytes of one regular expression.
inline constexpr int kMatcherProgramMax = 20'000;               // Instructions of all regular expressions of a job together.
inline constexpr std::size_t kMatchedLineMax = 4'096;           // Bytes; longer lines are no compiler's.

// What a matcher made of one line or several. Texts are as in the lines.
struct MatchedProblem {
  AnnotationLevel level = AnnotationLevel::kError;
  std::string message;
  std::string file;
  std::string from_path;  // A project's file; `file` is relative to its folder.
  std::optional<int> line;
  std::optional<int> column;
  std::string code;
};

struct Matcher;
struct PartialMatch;

// How far each matcher has come in one step's output.
class MatcherProgress {
 private:
  friend class Matchers;
  struct OfMatcher {
    std::shared_ptr<const Matcher> matcher;
    std::vector<std::shared_ptr<const PartialMatch>> lines;  // One for each pattern but the last.
  };
  OfMatcher& Of(const std::shared_ptr<const Matcher>& matcher);
  std::vector<OfMatcher> matchers_;
};

class Matchers {
 public:
  // Adds the matchers of a file (GitHub's `problemMatcher` JSON) before those that are there; one of the same owner is
  // replaced. Fails as a whole, with GitHub's words where it has some: for a file that does not read, a regular expression
  // that RE2 does not know (RE2 takes time linear in the line), or too many of them.
  Result<void> Add(std::string_view json);

  void Remove(std::string_view owner);

  // The owners that a file names, for removing them.
  static Result<std::vector<std::string>> OwnersOf(std::string_view json);

  // What the line, which has no colours, is to the newest matcher that knows it. All others begin anew after a match.
  std::optional<MatchedProblem> Match(std::string_view line, MatcherProgress& progress) const;

  bool IsEmpty() const { return matchers_.empty(); }

  // The owners, the newest first.
  std::vector<std::string> Owners() const;

 private:
  std::vector<std::shared_ptr<const Matcher>> matchers_;  // The newest first.
};

}  // namespace tuesday::workflow
