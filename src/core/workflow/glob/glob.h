// SPDX-License-Identifier: Apache-2.0
// Patterns for files (@actions/glob 0.5): a list of lines of which each adds what it matches or, with `!`, takes it away
// again, in order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/glob/pattern.h"

namespace tuesday::workflow {

inline constexpr std::size_t kGlobPatternsMax = 1'000;
inline constexpr std::size_t kGlobPatternBytesMax = 4'096;  // Of one line.

// Whether a folder that matches brings everything below it: yes for hashFiles() and artifacts, no for caches.
enum class GlobDescendants { kImplicit, kNone };

struct GlobOptions {
  std::string_view home = "/root";  // What `~` is.
  GlobDescendants descendants = GlobDescendants::kImplicit;
};

class Glob {
 public:
  // `patterns` has one a line; empty ones and those that begin with `#` are ignored. Relative ones begin at `root`, an absolute
  // path. The error names the pattern that cannot be one.
  static Result<Glob> Parse(std::string_view patterns, std::string_view root, const GlobOptions& options = {});

  // Whether a file at this path, from the root or absolute, is one of those that are meant.
  bool Matches(std::string_view relative_path) const;
  bool MatchesFolder(std::string_view relative_path) const;

  // Whether there may be something in the folder that is meant: otherwise nobody needs to look.
  bool MayHoldMatches(std::string_view relative_folder) const;

  // Where to begin to look: absolute paths of folders and files, none within another, in the order of the patterns.
  std::vector<std::string> SearchPaths() const;

 private:
  unsigned Match(const std::vector<std::string_view>& path) const;
  std::string Absolute(std::string_view path) const;

  std::string root_;
  std::vector<GlobPattern> patterns_;  // With those for what is below.
};

}  // namespace tuesday::workflow
