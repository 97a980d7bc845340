// SPDX-License-Identifier: Apache-2.0
#include "core/lint/silence.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/lint/rule_table.h"

namespace tuesday::lint {
namespace {

constexpr std::string_view kMark = "tuesday: allow ";
constexpr std::string_view kBecause = " because ";

struct Silence {
  SourcePos at;
  int line = 0;  // That it speaks of.
  std::string rule;
  bool has_reason = false;
};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r").find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

std::vector<Silence> ReadSilences(std::string_view text, std::string_view file) {
  std::vector<Silence> silences;
  std::size_t waiting = 0;  // The first that stands on a line of its own and waits for the line it speaks of.
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::string_view trimmed = Trimmed(line);
    const bool comment = trimmed.starts_with('#');
    if (!trimmed.empty() && !comment) {
      for (; waiting < silences.size(); ++waiting) silences[waiting].line = number;
    }
    const std::size_t mark = line.find(kMark);
    const std::size_t hash = mark == std::string_view::npos ? mark : line.rfind('#', mark);
    if (hash == std::string_view::npos || !Trimmed(line.substr(hash + 1, mark - hash - 1)).empty()) continue;
    std::string_view rest = line.substr(mark + kMark.size());
    const std::size_t because = rest.find(kBecause);
    const bool has_reason = because != std::string_view::npos && !Trimmed(rest.substr(because + kBecause.size())).empty();
    rest = Trimmed(rest.substr(0, because));
    silences.push_back({{std::string(file), number, static_cast<int>(hash) + 1},
                        comment ? 0 : number,
                        std::string(rest.substr(0, rest.find(' '))),
                        has_reason});
    if (!comment) waiting = silences.size();
  }
  return silences;
}

bool CanBeSilenced(const Finding& finding) {
  if (finding.severity != Severity::kError) return true;
  const RuleText* rule = FindRule(finding.rule);
  return rule != nullptr && rule->group == RuleGroup::kMeaning;
}

Finding Complaint(const Silence& silence, std::string_view rule, std::string message, std::string mend) {
  return {silence.at, Severity::kWarning, std::string(rule), std::move(message), std::move(mend)};
}

// Why it silences nothing.
Finding Unused(const Silence& silence, bool is_error) {
  std::vector<std::string_view> names;
  for (const RuleText& rule : RuleTable()) names.push_back(rule.name);
  if (is_error) {
    return Complaint(silence, "unused-silence", fmt::format("{} is an error here, and errors are not silenced.", silence.rule),
                     "Mend what it names.");
  }
  if (FindRule(silence.rule) != nullptr) {
    return Complaint(silence, "unused-silence", fmt::format("There is no finding of {} here.", silence.rule), "Remove it.");
  }
  const std::string nearest = NearestWord(silence.rule, names);
  return Complaint(silence, "unused-silence", fmt::format("There is no rule called {}.", silence.rule),
                   nearest.empty() ? "Rules are in docs/guide/lint.md." : fmt::format("Did you mean `{}`?", nearest));
}

}  // namespace

void ApplySilences(std::string_view text, std::string_view file, std::vector<Finding>& findings) {
  if (text.find(kMark) == std::string_view::npos) return;
  for (const Silence& silence : ReadSilences(text, file)) {
    const auto meant = [&](const Finding& finding) {
      return finding.at.file == file && finding.at.line == silence.line && finding.rule == silence.rule;
    };
    const auto found =
        std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return meant(f) && CanBeSilenced(f); });
    const bool is_error = std::any_of(findings.begin(), findings.end(), meant);
    if (found == findings.end()) {
      findings.push_back(Unused(silence, is_error));
      continue;
    }
    findings.erase(found);
    if (silence.has_reason) continue;
    findings.push_back(Complaint(silence, "silence-without-reason",
                                 fmt::format("{} is silenced without a reason.", silence.rule),
                                 "Write `because ...` behind it."));
  }
}

}  // namespace tuesday::lint
