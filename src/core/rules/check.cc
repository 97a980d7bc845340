// SPDX-License-Identifier: Apache-2.0
#include "core/rules/check.h"

#include <fmt/format.h>

#include "core/rules/lint.h"

namespace tuesday::rules {

CheckReport CheckRules(std::string_view text, std::string_view file, const ReadOptions& options) {
  ReadGroupsResult read = ReadRuleFile(text, file, options);
  CheckReport report;
  report.findings = std::move(read.findings);
  for (const Group& group : read.groups) report.rules += static_cast<int>(group.rules.size());
  report.duplicates = FindDuplicates(read.groups);
  for (Finding& finding : LintGroups(read.groups)) report.findings.push_back(std::move(finding));
  return report;
}

std::string CheckText(const CheckReport& report, std::string_view file) {
  std::string text = fmt::format("Checking {}\n", file);
  if (report.ExitStatus() == 0) {
    text += fmt::format("  SUCCESS: {} rules found\n", report.rules);
  } else {
    text += "  FAILED:\n";
  }
  for (const Finding& finding : report.findings) text += "  " + finding.Text() + "\n";
  if (report.duplicates.empty()) return text;
  text += fmt::format("{} duplicate rule(s) found.\n", report.duplicates.size());
  for (const Duplicate& duplicate : report.duplicates) {
    text += fmt::format("Metric: {}\nLabel(s):\n", duplicate.metric);
    for (const auto& [name, value] : duplicate.labels) text += fmt::format("\t{}: {}\n", name, value);
  }
  return text + "Might cause inconsistency while recording expressions\n";
}

}  // namespace tuesday::rules
