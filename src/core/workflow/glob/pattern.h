// SPDX-License-Identifier: Apache-2.0
// One pattern: an absolute path whose segments may have wildcards. An internal header of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/glob/segment.h"

namespace tuesday::workflow {

// Where relative patterns and `~` begin: absolute paths.
struct GlobBase {
  std::string_view root;
  std::string_view home;
};

// What of a path's kinds a pattern matches, as bits.
enum GlobMatch : unsigned { kGlobNone = 0, kGlobFolder = 1, kGlobFile = 2, kGlobAll = 3 };

class GlobPattern {
 public:
  // `line` is trimmed and not empty. Fails for `..`, a `.` that is not first, and a root with wildcards.
  static Result<GlobPattern> Parse(std::string_view line, GlobBase base);

  bool IsNegated() const { return negated_; }

  // The folder or file, absolute, where what matches begins.
  const std::string& SearchPath() const { return search_path_; }

  // Whether everything below what matches is matched by a pattern of its own.
  bool HasDescendants() const { return folders_only_ || segments_.empty() || !segments_.back().IsGlobstar(); }
  GlobPattern Descendants() const;

  // `path` is absolute, as its segments.
  unsigned Match(const std::vector<std::string_view>& path) const;

  // Whether something below the path may match.
  bool MatchesPart(const std::vector<std::string_view>& path) const;

 private:
  enum class Whole { kYes, kPart };
  bool MatchSegments(const std::vector<std::string_view>& path, Whole whole) const;

  bool negated_ = false;
  bool folders_only_ = false;
  bool is_implicit_ = false;
  std::vector<GlobSegment> segments_;
  std::string search_path_;
};

// What stands between the slashes of a path; nothing for doubled ones.
std::vector<std::string_view> PathSegments(std::string_view path);

}  // namespace tuesday::workflow
