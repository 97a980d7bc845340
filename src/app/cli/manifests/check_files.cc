// SPDX-License-Identifier: Apache-2.0
#include "app/cli/manifests/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/yaml.h"
#include "core/manifest/check.h"
#include "core/manifest/object.h"
#include "core/rules/file.h"
#include "core/rules/lint.h"

namespace tuesday::cli {
namespace {

enum class FileKind { kManifests, kRules, kWorkflow };

// By its first document: a workflow has `on` and `jobs`, a rule file `groups` and no kind.
FileKind KindOf(const ManifestFile& file) {
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(file.text, file.path);
  if (!documents.has_value() || documents->empty()) return FileKind::kManifests;
  const YamlNode& first = documents->front();
  if (first.Find("kind") != nullptr || first.Find("apiVersion") != nullptr) return FileKind::kManifests;
  if (first.Find("on") != nullptr && first.Find("jobs") != nullptr) return FileKind::kWorkflow;
  return first.Find("groups") != nullptr ? FileKind::kRules : FileKind::kManifests;
}

class Checker {
 public:
  explicit Checker(const std::string& ns) { context_.ns = Namespace(ns); }

  void Read(const ManifestFile& file) {
    ++report_.files;
    switch (KindOf(file)) {
      case FileKind::kManifests: return ReadObjects(file);
      case FileKind::kRules: return ReadRules(rules::ReadRuleFile(file.text, file.path));
      case FileKind::kWorkflow:
        report_.findings.push_back({{file.path, 1, 1},
                                    Severity::kNote,
                                    "workflow-not-read",
                                    "This is a workflow; only manifests and rules are checked yet.",
                                    ""});
    }
  }

  CheckReport Finish() {
    Add(manifest::CheckObjects(objects_, context_));
    std::stable_sort(report_.findings.begin(), report_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.at < b.at; });
    return std::move(report_);
  }

 private:
  void Add(std::vector<Finding> findings) {
    report_.findings.insert(report_.findings.end(), std::make_move_iterator(findings.begin()),
                            std::make_move_iterator(findings.end()));
  }

  void ReadObjects(const ManifestFile& file) {
    manifest::ReadResult read = manifest::ReadManifests(file.text, file.path);
    Add(std::move(read.findings));
    report_.objects += static_cast<int>(read.objects.size());
    for (manifest::Object& object : read.objects) {
      if (const auto* rule = std::get_if<manifest::PrometheusRule>(&object.body))
        ReadRules(rules::ReadGroups(rule->spec, file.path));
      objects_.push_back(std::move(object));
    }
  }

  void ReadRules(rules::ReadGroupsResult read) {
    Add(std::move(read.findings));
    for (const rules::Group& group : read.groups) report_.rules += static_cast<int>(group.rules.size());
    Add(rules::LintGroups(read.groups));
  }

  manifest::CheckContext context_;
  std::vector<manifest::Object> objects_;
  CheckReport report_;
};

}  // namespace

CheckReport CheckFiles(const std::vector<ManifestFile>& files, const std::string& ns) {
  Checker checker(ns);
  for (const ManifestFile& file : files) checker.Read(file);
  return checker.Finish();
}

std::string SarifText(const std::vector<Finding>& findings) {
  std::set<std::string> rules;
  Json::Array results;
  for (const Finding& finding : findings) {
    rules.insert(finding.rule);
    const Json region(
        Json::Object{{"startLine", std::max(1, finding.at.line)}, {"startColumn", std::max(1, finding.at.column)}});
    const Json location(Json::Object{
        {"physicalLocation", Json::Object{{"artifactLocation", Json::Object{{"uri", finding.at.file}}}, {"region", region}}}});
    results.emplace_back(Json::Object{
        {"ruleId", finding.rule},
        {"level", SeverityName(finding.severity)},
        {"message", Json::Object{{"text", finding.mend.empty() ? finding.message : finding.message + " " + finding.mend}}},
        {"locations", Json::Array{location}}});
  }
  Json::Array rule_list;
  for (const std::string& rule : rules) rule_list.emplace_back(Json::Object{{"id", rule}});
  const Json driver(Json::Object{{"name", "tuesday"}, {"rules", std::move(rule_list)}});
  const Json run(Json::Object{{"tool", Json::Object{{"driver", driver}}}, {"results", std::move(results)}});
  return PrettyJson(Json(Json::Object{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::Array{run}}}));
}

}  // namespace tuesday::cli
