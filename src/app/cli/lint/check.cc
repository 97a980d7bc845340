// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "adapters/files/files.h"
#include "app/cli/lint/check_files.h"
#include "app/cli/lint/git_base.h"
#include "app/cli/lint/lint_line.h"
#include "app/cli/lint/workflow_files.h"
#include "app/server/apply_json.h"
#include "core/lint/fix.h"
#include "core/lint/rule_table.h"

namespace tuesday::cli {
namespace {

constexpr std::size_t kPrintedAtOnce = 256 << 10;

int Count(const CheckReport& report, Severity severity) {
  return static_cast<int>(std::count_if(report.findings.begin(), report.findings.end(),
                                        [severity](const Finding& f) { return f.severity == severity; }));
}

void PrintText(const CheckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text.append(finding.Text()).push_back('\n');
    if (text.size() < kPrintedAtOnce) continue;
    std::fwrite(text.data(), 1, text.size(), stdout);
    text.clear();
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::printf("%d file(s), %d object(s), %d rule(s): %d error(s), %d warning(s), %d note(s)\n", report.files, report.objects,
              report.rules, Count(report, Severity::kError), Count(report, Severity::kWarning), Count(report, Severity::kNote));
}

Json ReportJson(const CheckReport& report, int mended) {
  Json::Array findings;
  for (const Finding& finding : report.findings) findings.push_back(server::FindingJson(finding));
  return Json(Json::Object{{"files", report.files},
                           {"objects", report.objects},
                           {"rules", report.rules},
                           {"mended", mended},
                           {"findings", std::move(findings)}});
}

int PrintRules(bool json) {
  Json::Array list;
  for (const lint::RuleText& rule : lint::RuleTable()) {
    list.emplace_back(Json::Object{{"name", rule.name},
                                   {"severity", SeverityName(rule.severity)},
                                   {"group", lint::RuleGroupName(rule.group)},
                                   {"sentence", rule.sentence},
                                   {"why", rule.why},
                                   {"mend", rule.mend}});
    if (!json) fmt::print("{:<29} {:<8} {}\n", rule.name, SeverityName(rule.severity), rule.sentence);
  }
  if (json) PrintJson(Json(Json::Object{{"rules", std::move(list)}}));
  return kExitPass;
}

// The bytes behind a link are changed, never the link; the file keeps its mode.
Result<void> Rewrite(const ManifestFile& file) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(file.path, error);
  if (error) return Fail(ErrorCode::kNotFound, fmt::format("{} cannot be found any more.", file.path));
  const std::filesystem::perms mode = std::filesystem::status(path, error).permissions();
  return files::WriteFileDurably(path.string(), file.text, static_cast<mode_t>(mode));
}

// Mends the files, or shows how. How many findings were mended.
Result<int> Fix(std::vector<ManifestFile>& files, const CheckOptions& options, bool quiet) {
  const std::vector<ManifestFile> before = files;
  const int mended = FixFiles(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].text == before[i].text) continue;
    if (options.dry_run) {
      if (!quiet) std::fputs(lint::DiffText(before[i].text, files[i].text, files[i].path).c_str(), stdout);
    } else if (files[i].path == kStandardInput) {
      return Fail(ErrorCode::kInvalid, "Standard input cannot be mended.", "Give a file, or `--dry-run`.");
    } else {
      TRY_OK(Rewrite(files[i]));
    }
  }
  if (options.dry_run) files = before;
  return mended;
}

// What is left out of the report: the baseline's, or what was there before.
Result<lint::Baseline> Known(const Globals& globals, const CheckOptions& options, const std::vector<ManifestFile>& files) {
  if (!options.baseline.empty()) {
    TRY(const std::string text, ReadInput(options.baseline, kManifestBytesMax));
    return lint::ReadBaseline(text);
  }
  lint::Baseline known;
  if (options.new_only.empty()) return known;
  const std::string ref = options.new_only == kNewOnly ? std::string() : options.new_only;
  TRY(const std::vector<ManifestFile> old, FilesAtMergeBase(options.paths, ref, files));
  const CheckReport report = CheckFiles(old, globals.ns);
  for (const lint::FindingKey& key : KeysOf(report.findings, old, globals.ns)) ++known[key];
  return known;
}

int WriteBaseline(const Globals& globals, const CheckOptions& options, const CheckReport& report,
                  const std::vector<ManifestFile>& read) {
  lint::Baseline baseline;
  for (const lint::FindingKey& key : KeysOf(report.findings, read, globals.ns)) ++baseline[key];
  const Result<void> written = files::WriteFileDurably(options.baseline, lint::BaselineText(baseline));
  if (!written.has_value()) return ReportError(written.error(), globals);
  if (!globals.json) std::printf("%s: %zu finding(s)\n", options.baseline.c_str(), report.findings.size());
  return kExitPass;
}

}  // namespace

int RunCheck(const Globals& globals, const CheckOptions& options) {
  const bool json = globals.json || options.format == "json";
  if (options.rules) return PrintRules(json);
  if (options.paths.empty()) {
    return ReportError({ErrorCode::kInvalid, "There is nothing to check.", "Name files or folders, or `-`."}, globals);
  }
  Result<std::vector<ManifestFile>> files = ReadFilesToCheck(options.paths);
  if (!files.has_value()) {
    ReportError(files.error(), globals);
    return kExitInvalid;
  }
  const Result<int> mended = options.fix ? Fix(*files, options, json || options.format == "sarif") : Result<int>(0);
  if (!mended.has_value()) return ReportError(mended.error(), globals);
  CheckReport report = CheckFiles(*files, globals.ns);
  if (options.write_baseline) return WriteBaseline(globals, options, report, *files);
  const Result<lint::Baseline> known = Known(globals, options, *files);
  if (!known.has_value()) {
    ReportError(known.error(), globals);
    return kExitInvalid;
  }
  if (!known->empty()) DropKnown(report, *known, *files, globals.ns);
  if (options.format == "sarif") {
    std::puts(SarifText(report.findings).c_str());
  } else if (json) {
    PrintJson(ReportJson(report, *mended));
  } else {
    PrintText(report);
    if (options.fix) std::printf("%d finding(s) %s\n", *mended, options.dry_run ? "would be mended" : "mended");
  }
  const bool bad = Count(report, Severity::kError) > 0 || (options.strict && Count(report, Severity::kWarning) > 0);
  return bad ? kExitFail : kExitPass;
}

}  // namespace tuesday::cli
