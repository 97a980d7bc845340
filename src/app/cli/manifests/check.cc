// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/manifests/check_files.h"
#include "app/server/apply_json.h"

namespace tuesday::cli {
namespace {

int Count(const CheckReport& report, Severity severity) {
  return static_cast<int>(std::count_if(report.findings.begin(), report.findings.end(),
                                        [severity](const Finding& f) { return f.severity == severity; }));
}

void PrintText(const CheckReport& report) {
  for (const Finding& finding : report.findings) std::puts(finding.Text().c_str());
  std::printf("%d file(s), %d object(s), %d rule(s): %d error(s), %d warning(s), %d note(s)\n", report.files, report.objects,
              report.rules, Count(report, Severity::kError), Count(report, Severity::kWarning), Count(report, Severity::kNote));
}

Json ReportJson(const CheckReport& report) {
  Json::Array findings;
  for (const Finding& finding : report.findings) findings.push_back(server::FindingJson(finding));
  return Json(Json::Object{
      {"files", report.files}, {"objects", report.objects}, {"rules", report.rules}, {"findings", std::move(findings)}});
}

}  // namespace

int RunCheck(const Globals& globals, const CheckOptions& options) {
  const Result<std::vector<ManifestFile>> files = ReadManifestFiles(options.paths);
  if (!files.has_value()) {
    ReportError(files.error(), globals);
    return kExitInvalid;
  }
  const CheckReport report = CheckFiles(*files, globals.ns);
  if (options.format == "sarif") {
    std::puts(SarifText(report.findings).c_str());
  } else if (globals.json || options.format == "json") {
    PrintJson(ReportJson(report));
  } else {
    PrintText(report);
  }
  const bool bad = Count(report, Severity::kError) > 0 || (options.strict && Count(report, Severity::kWarning) > 0);
  return bad ? kExitFail : kExitPass;
}

}  // namespace tuesday::cli
