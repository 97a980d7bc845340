// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/glob/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

Result<void> CheckSegments(std::string_view pattern) {
  const std::vector<std::string_view> segments = PathSegments(pattern);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string literal = LiteralOf(segments[i]).value_or("");
    const bool leads_on = literal == ".." || (literal == "." && (i > 0 || pattern.starts_with('/')));
    if (!leads_on) continue;
    return Fail(ErrorCode::kInvalid,
                fmt::format("Invalid pattern '{}'. Relative pathing '.' and '..' is not allowed.", pattern));
  }
  return {};
}

// A folder's name escaped and the rest of the pattern behind it.
std::string Behind(std::string_view folder, std::string_view rest) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return EscapeGlob(folder) + "/" + std::string(rest);
}

std::string Rooted(std::string_view pattern, GlobBase base) {
  if (pattern == "." || pattern.starts_with("./")) return Behind(base.root, pattern.substr(1));
  if (pattern == "~" || pattern.starts_with("~/")) return Behind(base.home, pattern.substr(1));
  if (pattern.starts_with('/')) return std::string(pattern);
  return Behind(base.root, pattern);
}

}  // namespace

std::vector<std::string_view> PathSegments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

Result<GlobPattern> GlobPattern::Parse(std::string_view line, GlobBase base) {
  GlobPattern pattern;
  while (line.starts_with('!')) {
    pattern.negated_ = !pattern.negated_;
    line = expression::Trim(line.substr(1));
  }
  if (line.empty()) return Fail(ErrorCode::kInvalid, "pattern cannot be empty");
  TRY_OK(CheckSegments(line));
  const std::string rooted = Rooted(line, base);
  pattern.folders_only_ = line.ends_with('/');
  bool is_literal = true;
  for (const std::string_view segment : PathSegments(rooted)) {
    pattern.segments_.emplace_back(segment);
    const std::optional<std::string> literal = LiteralOf(segment);
    is_literal = is_literal && literal.has_value() && !literal->empty();
    if (is_literal) pattern.search_path_ += "/" + *literal;
  }
  if (pattern.search_path_.empty()) pattern.search_path_ = "/";
  return pattern;
}

GlobPattern GlobPattern::Descendants() const {
  GlobPattern below = *this;
  below.folders_only_ = false;
  below.is_implicit_ = true;
  below.segments_.emplace_back("**");
  return below;
}

unsigned GlobPattern::Match(const std::vector<std::string_view>& path) const {
  if (!MatchSegments(path, Whole::kYes)) return kGlobNone;
  return folders_only_ ? kGlobFolder : kGlobAll;
}

bool GlobPattern::MatchesPart(const std::vector<std::string_view>& path) const { return MatchSegments(path, Whole::kPart); }

// `reached[i]`: the names so far are matched by the first i segments. A `**` takes any number of names, none as well; where it
// stands last and alone was added for what is below, at least one.
bool GlobPattern::MatchSegments(const std::vector<std::string_view>& path, Whole whole) const {
  std::vector<bool> reached(segments_.size() + 1, false);
  const auto pass_globstars = [this](std::vector<bool>& states) {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const bool needs_one = is_implicit_ && i + 1 == segments_.size();
      if (states[i] && segments_[i].IsGlobstar() && !needs_one) states[i + 1] = true;
    }
  };
  reached[0] = true;
  pass_globstars(reached);
  for (const std::string_view name : path) {
    std::vector<bool> next(segments_.size() + 1, false);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      if (segments_[i].IsGlobstar()) {
        if (reached[i]) next[i] = true;
        if (reached[i] && i + 1 == segments_.size()) next[i + 1] = true;
      } else if (reached[i] && segments_[i].Matches(name)) {
        next[i + 1] = true;
      }
    }
    pass_globstars(next);
    reached = std::move(next);
  }
  if (whole == Whole::kYes) return reached.back();
  return std::find(reached.begin(), reached.end(), true) != reached.end();
}

}  // namespace tuesday::workflow
