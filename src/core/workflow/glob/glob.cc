// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/glob/glob.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

bool IsWithin(std::string_view path, std::string_view folder) {
  if (folder == "/") return path != "/";
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace

Result<Glob> Glob::Parse(std::string_view patterns, std::string_view root, const GlobOptions& options) {
  Glob glob;
  glob.root_ = root;
  std::size_t count = 0;
  while (!patterns.empty()) {
    const std::size_t end = std::min(patterns.find('\n'), patterns.size());
    const std::string_view line = expression::Trim(patterns.substr(0, end));
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (++count > kGlobPatternsMax)
      return Fail(ErrorCode::kLimit, fmt::format("There are more than {} patterns.", kGlobPatternsMax));
    if (line.size() > kGlobPatternBytesMax)
      return Fail(ErrorCode::kLimit, fmt::format("A pattern is longer than {} bytes.", kGlobPatternBytesMax));
    TRY(GlobPattern pattern, GlobPattern::Parse(line, {root, options.home}));
    const bool has_descendants = options.descendants == GlobDescendants::kImplicit && pattern.HasDescendants();
    glob.patterns_.push_back(pattern);
    if (has_descendants) glob.patterns_.push_back(pattern.Descendants());
  }
  return glob;
}

std::string Glob::Absolute(std::string_view path) const {
  return path.starts_with('/') ? std::string(path) : root_ + "/" + std::string(path);
}

unsigned Glob::Match(const std::vector<std::string_view>& path) const {
  unsigned match = kGlobNone;
  for (const GlobPattern& pattern : patterns_) {
    if (pattern.IsNegated()) {
      match &= ~pattern.Match(path);
    } else {
      match |= pattern.Match(path);
    }
  }
  return match;
}

bool Glob::Matches(std::string_view relative_path) const {
  const std::string path = Absolute(relative_path);
  return (Match(PathSegments(path)) & kGlobFile) != 0;
}

bool Glob::MatchesFolder(std::string_view relative_path) const {
  const std::string path = Absolute(relative_path);
  return (Match(PathSegments(path)) & kGlobFolder) != 0;
}

bool Glob::MayHoldMatches(std::string_view relative_folder) const {
  const std::string absolute = Absolute(relative_folder);
  const std::vector<std::string_view> path = PathSegments(absolute);
  if (Match(path) != kGlobNone) return true;
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&path](const GlobPattern& pattern) { return !pattern.IsNegated() && pattern.MatchesPart(path); });
}

std::vector<std::string> Glob::SearchPaths() const {
  std::vector<std::string> all;
  for (const GlobPattern& pattern : patterns_) {
    const bool known = std::find(all.begin(), all.end(), pattern.SearchPath()) != all.end();
    if (!pattern.IsNegated() && !known) all.push_back(pattern.SearchPath());
  }
  std::vector<std::string> outermost;
  for (const std::string& path : all) {
    const auto holds = [&path](const std::string& other) { return IsWithin(path, other); };
    if (std::none_of(all.begin(), all.end(), holds)) outermost.push_back(path);
  }
  return outermost;
}

}  // namespace tuesday::workflow
