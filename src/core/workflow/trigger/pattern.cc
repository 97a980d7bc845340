// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/trigger/pattern.h"

#include <re2/re2.h>

#include <optional>

namespace tuesday::workflow {
namespace {

constexpr std::size_t kPatternLengthMax = 4'096;

// The end of the set that opens at `start`, behind its bracket; nothing when it is not closed or empty.
std::optional<std::size_t> EndOfSet(std::string_view pattern, std::size_t start) {
  const std::size_t close = pattern.find(']', start + 1);
  if (close == std::string_view::npos || close == start + 1) return std::nullopt;
  return close + 1;
}

// The set as RE2 reads it: nothing in it is special but a dash between two characters.
std::string SetText(std::string_view set) {
  std::string out = "[";
  for (const char c : set.substr(1, set.size() - 2)) {
    if (c == '\\' || c == '^' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out + "]";
}

std::string ToRegex(std::string_view pattern) {
  std::string out;
  bool repeatable = false;  // Whether `?` and `+` have something before them.
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (pattern.substr(at, 2) == "**") {
      const bool at_folder = at == 0 || pattern[at - 1] == '/';
      at += 2;
      if (at_folder && at < pattern.size() && pattern[at] == '/') {
        out += "(?:.*/)?";
        ++at;
      } else {
        out += ".*";
      }
      repeatable = false;
      continue;
    }
    if (c == '[') {
      const std::optional<std::size_t> end = EndOfSet(pattern, at);
      if (!end.has_value()) return "";
      out += SetText(pattern.substr(at, *end - at));
      at = *end;
      repeatable = true;
      continue;
    }
    ++at;
    if (c == '*') {
      out += "[^/]*";
      repeatable = false;
    } else if ((c == '?' || c == '+') && repeatable) {
      out += c;
      repeatable = false;
    } else if (c == '\\' && at < pattern.size()) {
      out += RE2::QuoteMeta(std::string(1, pattern[at++]));
      repeatable = true;
    } else {
      out += RE2::QuoteMeta(std::string(1, c));
      repeatable = true;
    }
  }
  return out;
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with('!')) pattern.remove_prefix(1);
  if (pattern.empty() || pattern.size() > kPatternLengthMax) return false;
  const std::string regex = ToRegex(pattern);
  if (regex.empty()) return false;
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const RE2 compiled(regex, options);
  return compiled.ok() && RE2::FullMatch(re2::StringPiece(name.data(), name.size()), compiled);
}

bool IncludedBy(const std::vector<std::string>& patterns, std::string_view name) {
  bool included = false;
  for (const std::string& pattern : patterns) {
    const bool negated = pattern.starts_with('!');
    if (included == negated && MatchesPattern(pattern, name)) included = !negated;
  }
  return included;
}

}  // namespace tuesday::workflow
