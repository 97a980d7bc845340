// SPDX-License-Identifier: Apache-2.0
#include "core/lint/fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tuesday::lint {
namespace {

struct Edit {
  std::size_t begin = 0;
  std::size_t length = 0;
  std::string text;
  const Finding* finding = nullptr;
};

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// What stands between the first pair of `quote` behind `before`.
std::string Between(const std::string& text, std::string_view before, char quote) {
  const std::size_t start = text.find(before);
  if (start == std::string::npos) return {};
  const std::size_t begin = text.find(quote, start + before.size() - 1);
  const std::size_t end = begin == std::string::npos ? begin : text.find(quote, begin + 1);
  return end == std::string::npos ? std::string() : text.substr(begin + 1, end - begin - 1);
}

// The byte of a place, whose column counts characters; nullopt outside of the text. A byte order mark is no column.
std::optional<std::size_t> OffsetOf(const std::vector<std::string_view>& lines, std::string_view text, const SourcePos& at) {
  if (at.line < 1 || at.column < 1 || static_cast<std::size_t>(at.line) > lines.size()) return std::nullopt;
  const std::string_view line = lines[static_cast<std::size_t>(at.line) - 1];
  const auto is_inner = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  std::size_t byte = at.line == 1 && text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (int column = 1; column < at.column && byte < line.size(); ++column) {
    for (++byte; byte < line.size() && is_inner(line[byte]);) ++byte;
  }
  if (byte >= line.size()) return std::nullopt;
  return static_cast<std::size_t>(line.data() - text.data()) + byte;
}

// Replaces the word `from` at a place, in quotes or not; nullopt when something else stands there.
std::optional<Edit> Replace(std::string_view text, std::size_t at, std::string_view from, std::string to,
                            const Finding& finding) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
  if (from.empty() || text.substr(at, from.size()) != from) return std::nullopt;
  return Edit{at, from.size(), std::move(to), &finding};
}

std::optional<Edit> EditFor(std::string_view text, std::size_t at, const Finding& finding) {
  const std::string nearest = finding.mend.ends_with("`?") ? Between(finding.mend, "Did you mean `", '`') : "";
  const bool one = !nearest.empty() && std::count(finding.mend.begin(), finding.mend.end(), '`') == 2;
  if (one && (finding.rule == "unknown-key" || finding.rule == "unknown-kind")) {
    return Replace(text, at, Between(finding.message, "`", '`'), nearest, finding);
  }
  if (finding.rule == "wrong-type" && finding.mend.starts_with("Put it in quotes: \"")) {
    const std::string word = Between(finding.mend, "\"", '"');
    const char end = at + word.size() < text.size() ? text[at + word.size()] : '\n';
    const bool plain =
        at < text.size() && text[at] != '"' && std::string_view(" \t\r\n,]}#").find(end) != std::string_view::npos;
    return plain ? Replace(text, at, word, "\"" + word + "\"", finding) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

FixReport ApplyFixes(std::string_view text, std::string_view file, const std::vector<Finding>& findings) {
  const std::vector<std::string_view> lines = Lines(text);
  std::vector<Edit> edits;
  for (const Finding& finding : findings) {
    if (finding.at.file != file) continue;
    const std::optional<std::size_t> at = OffsetOf(lines, text, finding.at);
    const std::optional<Edit> edit = at ? EditFor(text, *at, finding) : std::nullopt;
    if (edit) edits.push_back(*edit);
  }
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  FixReport report;
  std::size_t done = 0;
  for (const Edit& edit : edits) {
    if (edit.begin < done) continue;  // Told twice.
    report.text += text.substr(done, edit.begin - done);
    report.text += edit.text;
    done = edit.begin + edit.length;
    report.mended.push_back(*edit.finding);
  }
  report.text += text.substr(done);
  return report;
}

std::string DiffText(std::string_view before, std::string_view after, std::string_view file) {
  const std::vector<std::string_view> old_lines = Lines(before);
  const std::vector<std::string_view> new_lines = Lines(after);
  std::string text = fmt::format("--- {}\n+++ {}\n", file, file);
  // Edits stay inside a line, so that lines correspond.
  for (std::size_t i = 0; i < std::min(old_lines.size(), new_lines.size()); ++i) {
    if (old_lines[i] == new_lines[i]) continue;
    const auto bare = [](std::string_view line) {
      while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
      return line;
    };
    text += fmt::format("@@ -{0} +{0} @@\n-{1}\n+{2}\n", i + 1, bare(old_lines[i]), bare(new_lines[i]));
  }
  return text;
}

}  // namespace tuesday::lint
