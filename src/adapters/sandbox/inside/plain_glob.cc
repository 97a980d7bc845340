// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/plain_glob.h"

#include <fnmatch.h>

namespace tuesday::sandbox {
namespace {

using Parts = std::vector<std::string>;

Parts Split(std::string_view path) {
  Parts parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (const std::string_view part = path.substr(begin, end - begin); !part.empty() && part != ".") parts.emplace_back(part);
    begin = end + 1;
  }
  return parts;
}

enum class Want { kWhole, kBeginning };

// `kBeginning`: whether a longer path could match.
bool MatchParts(const Parts& pattern, std::size_t p, const Parts& path, std::size_t s, Want want) {
  if (s == path.size() && want == Want::kBeginning) return true;
  if (p == pattern.size()) return s == path.size();
  if (pattern[p] == "**") {
    for (std::size_t skip = s; skip <= path.size(); ++skip) {
      if (MatchParts(pattern, p + 1, path, skip, want)) return true;
    }
    return false;
  }
  if (s == path.size()) return false;
  return ::fnmatch(pattern[p].c_str(), path[s].c_str(), FNM_NOESCAPE) == 0 && MatchParts(pattern, p + 1, path, s + 1, want);
}

}  // namespace

PlainGlob::PlainGlob(const std::vector<std::string>& patterns, const std::string& root) {
  for (std::string_view text : patterns) {
    Pattern pattern;
    if (text.starts_with('!')) {
      pattern.leaves_out = true;
      text.remove_prefix(1);
    }
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with(root + "/")) text.remove_prefix(root.size() + 1);
    pattern.parts = Split(text);
    patterns_.push_back(std::move(pattern));
  }
}

bool PlainGlob::Matches(std::string_view relative) const {
  const Parts path = Split(relative);
  bool matches = false;
  for (const Pattern& pattern : patterns_) {
    if (MatchParts(pattern.parts, 0, path, 0, Want::kWhole)) matches = !pattern.leaves_out;
  }
  return matches;
}

bool PlainGlob::MayHoldMatches(std::string_view relative_folder) const {
  const Parts path = Split(relative_folder);
  for (const Pattern& pattern : patterns_) {
    if (!pattern.leaves_out && MatchParts(pattern.parts, 0, path, 0, Want::kBeginning)) return true;
  }
  return false;
}

}  // namespace tuesday::sandbox
