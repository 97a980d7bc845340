// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/first_error.h"

#include <re2/re2.h>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kMark = "##[error]";
constexpr std::string_view kExit = "Process completed with exit code";
constexpr std::string_view kGroup = "##[";

// As compilers, test runners and shells begin such a line; words like "0 errors" are none.
const RE2& ErrorPattern() {
  static const RE2 kPattern(
      R"((?i)(^|[\s\]>:✗✖×])((fatal|error|panic|exception|traceback|assertion\s*error|not ok|failed|failure)\b|[\w.]*(Error|Exception):)|: (not found|No such file or directory|Permission denied)\b)");
  return kPattern;
}

const RE2& HarmlessPattern() {
  static const RE2 kPattern(
      R"((?i)\b(0|no) (errors?|failures?|failed)\b|\b(errors?|failures?|failed)\s*[:=]?\s*0\b|^#?\s*fail 0$)");
  return kPattern;
}

bool SpeaksOfAnError(std::string_view line) {
  const re2::StringPiece text(line.data(), line.size());
  return RE2::PartialMatch(text, ErrorPattern()) && !RE2::PartialMatch(text, HarmlessPattern());
}

}  // namespace

std::string_view WithoutTime(std::string_view line) {
  const std::size_t space = line.find(' ');
  const bool timed = space != std::string_view::npos && line.substr(0, space).ends_with('Z');
  return timed ? line.substr(space + 1) : line;
}

std::string FirstErrorLine(std::string_view log) {
  std::string marked;
  std::string spoken;
  std::string last;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    std::string_view line = WithoutTime(log.substr(0, end));
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.starts_with(kMark)) {
      line.remove_prefix(kMark.size());
      if (marked.empty() && !line.starts_with(kExit)) marked = line;
      continue;
    }
    if (line.starts_with(kGroup)) continue;
    last = line;
    if (spoken.empty() && SpeaksOfAnError(line)) spoken = line;
  }
  return !marked.empty() ? marked : !spoken.empty() ? spoken : last;
}

}  // namespace tuesday::workflow
