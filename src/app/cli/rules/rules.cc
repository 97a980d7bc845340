// SPDX-License-Identifier: Apache-2.0
// Rule files with promtool's formats and exit codes: 0 good, 1 not.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/manifests/manifest_files.h"
#include "app/server/apply_json.h"
#include "core/rules/check.h"
#include "core/rules/unit/unit_test_file.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

// `*` and `?` in the last part of a path, as promtool's globs are used.
bool MatchesPattern(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return MatchesPattern(pattern.substr(1), name) || (!name.empty() && MatchesPattern(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) && MatchesPattern(pattern.substr(1), name.substr(1));
}

Result<std::vector<std::string>> ExpandPattern(const fs::path& base, std::string_view pattern) {
  const fs::path whole = fs::path(pattern).is_absolute() ? fs::path(pattern) : base / pattern;
  if (pattern.find_first_of("*?") == std::string_view::npos) return std::vector<std::string>{whole.string()};
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(whole.parent_path(), error)) {
    if (MatchesPattern(whole.filename().string(), entry.path().filename().string())) names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::pair<std::string, std::string>>> ReadRuleFiles(const std::string& test_file, std::string_view pattern) {
  TRY(const std::vector<std::string> names, ExpandPattern(fs::path(test_file).parent_path(), pattern));
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : names) {
    TRY(std::string text, ReadInput(name, kManifestBytesMax));
    files.emplace_back(name, std::move(text));
  }
  return files;
}

}  // namespace

int RunRulesCheck(const Globals& globals, const std::vector<std::string>& paths) {
  int exit_code = kExitPass;
  Json::Array files;
  for (const std::string& path : paths) {
    const Result<std::string> text = ReadInput(path, kManifestBytesMax);
    if (!text.has_value()) {
      ReportError(text.error(), globals);
      exit_code = kExitFail;
      continue;
    }
    const rules::CheckReport report = rules::CheckRules(*text, path);
    exit_code = std::max(exit_code, report.ExitStatus());
    if (!globals.json) std::fputs(rules::CheckText(report, path).c_str(), stdout);
    Json::Array findings;
    for (const Finding& finding : report.findings) findings.push_back(server::FindingJson(finding));
    files.emplace_back(Json::Object{{"file", path}, {"rules", report.rules}, {"findings", std::move(findings)}});
  }
  if (globals.json) PrintJson(Json(Json::Object{{"files", std::move(files)}}));
  return exit_code;
}

int RunRulesTest(const Globals& globals, const std::vector<std::string>& paths, const std::vector<std::string>& run) {
  int exit_code = kExitPass;
  Json::Array files;
  for (const std::string& path : paths) {
    const Result<std::string> text = ReadInput(path, kManifestBytesMax);
    if (!text.has_value()) {
      ReportError(text.error(), globals);
      exit_code = kExitFail;
      continue;
    }
    const rules::unit::Report report = rules::unit::RunTestFile(
        *text, path, [&path](std::string_view pattern) { return ReadRuleFiles(path, pattern); }, {.run = run});
    exit_code = std::max(exit_code, report.ExitStatus());
    Json::Array failures;
    for (const std::string& failure : report.failures) failures.emplace_back(failure);
    if (!globals.json) {
      std::printf("Unit Testing:  %s\n%s\n", path.c_str(), report.failures.empty() ? "  SUCCESS\n" : "  FAILED:");
      for (const std::string& failure : report.failures) std::printf("    %s\n", failure.c_str());
    }
    files.emplace_back(Json::Object{{"file", path}, {"tests", report.tests_run}, {"failures", std::move(failures)}});
  }
  if (globals.json) PrintJson(Json(Json::Object{{"files", std::move(files)}}));
  return exit_code;
}

}  // namespace tuesday::cli
