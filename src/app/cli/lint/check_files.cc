// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "app/cli/lint/each_file.h"
#include "app/cli/lint/workflow_files.h"
#include "base/yaml.h"
#include "core/lint/fix.h"
#include "core/lint/lint.h"
#include "core/lint/silence.h"
#include "core/manifest/check.h"
#include "core/manifest/object.h"
#include "core/rules/file.h"
#include "core/rules/lint.h"
#include "core/workflow/lint/lint.h"

namespace tuesday::cli {
namespace {

enum class FileKind { kManifests, kRules, kWorkflow, kAction };

// Whether a line of the text begins with the key.
bool HasKey(const std::string& text, const std::string& key) {
  return text.starts_with(key) || text.find("\n" + key) != std::string::npos;
}

// By its folder, its name or its first document: a workflow has `on` and `jobs`, a rule file `groups` and no kind.
FileKind KindOf(const ManifestFile& file) {
  if (IsWorkflowPath(file.path)) return FileKind::kWorkflow;
  // The other two never have this key, and to read every file twice would double the time of a check.
  if (file.text.starts_with("kind:") || file.text.find("\nkind:") != std::string::npos) return FileKind::kManifests;
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(file.text, file.path);
  if (!documents.has_value() && HasKey(file.text, "on:") && HasKey(file.text, "jobs:")) return FileKind::kWorkflow;
  if (!documents.has_value() && IsActionPath(file.path)) return FileKind::kAction;
  if (!documents.has_value() || documents->empty()) return FileKind::kManifests;
  const YamlNode& first = documents->front();
  if (first.Find("kind") != nullptr || first.Find("apiVersion") != nullptr) return FileKind::kManifests;
  if (first.Find("on") != nullptr && first.Find("jobs") != nullptr) return FileKind::kWorkflow;
  if (IsActionPath(file.path)) return FileKind::kAction;
  return first.Find("groups") != nullptr ? FileKind::kRules : FileKind::kManifests;
}

// What one file says without the others.
struct FileReading {
  std::vector<Finding> findings;
  std::vector<manifest::Object> objects;
  int rules = 0;
  bool is_workflow = false;  // Looked at when the pauses of all rollouts are known.

  void Add(std::vector<Finding> more) {
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  void ReadRules(rules::ReadGroupsResult read) {
    Add(std::move(read.findings));
    for (const rules::Group& group : read.groups) rules += static_cast<int>(group.rules.size());
    Add(rules::LintGroups(read.groups));
  }

  void ReadObjects(const ManifestFile& file) {
    manifest::ReadResult read = manifest::ReadManifests(file.text, file.path);
    Add(std::move(read.findings));
    for (const manifest::Object& object : read.objects) {
      if (const auto* rule = std::get_if<manifest::PrometheusRule>(&object.body))
        ReadRules(rules::ReadGroups(rule->spec, file.path));
    }
    objects = std::move(read.objects);
  }
};

FileReading ReadFile(const ManifestFile& file) {
  FileReading reading;
  if (!IsWorkflowPath(file.path) && !IsActionPath(file.path)) {
    reading.findings = lint::FindTemplateLanguage(file.text, file.path);
    if (!reading.findings.empty()) return reading;
  }
  switch (KindOf(file)) {
    case FileKind::kManifests: reading.ReadObjects(file); break;
    case FileKind::kRules: reading.ReadRules(rules::ReadRuleFile(file.text, file.path)); break;
    case FileKind::kWorkflow: reading.is_workflow = true; break;
    case FileKind::kAction: {
      const RepositoryFiles files = RepositoryFiles::Beside(file.path);
      workflow::lint::LintOptions options;
      options.files = &files;
      reading.Add(workflow::lint::LintAction(file.text, file.path, "", options));
    }
  }
  return reading;
}

std::vector<Finding> LintWorkflow(const ManifestFile& file, std::optional<int> pause_seconds) {
  const std::optional<RepositoryFiles> files = RepositoryFiles::Of(file.path);
  workflow::lint::LintOptions options;
  options.pause_seconds = pause_seconds;
  if (files.has_value()) options.files = &*files;
  return workflow::lint::LintWorkflow(file.text, file.path, options);
}

class Checker {
 public:
  explicit Checker(const std::string& ns) { context_.ns = Namespace(ns); }

  void Read(const ManifestFile& file, FileReading reading) {
    ++report_.files;
    report_.objects += static_cast<int>(reading.objects.size());
    report_.rules += reading.rules;
    Add(std::move(reading.findings));
    std::move(reading.objects.begin(), reading.objects.end(), std::back_inserter(objects_));
    if (reading.is_workflow) workflows_.push_back(&file);
  }

  CheckReport Finish(const std::vector<ManifestFile>& files) {
    Add(manifest::CheckObjects(objects_, context_));
    Add(lint::LintObjects(objects_, context_));
    std::vector<std::vector<Finding>> of_workflows(workflows_.size());
    const std::optional<int> pause_seconds = PauseSeconds();
    ForEachFile(workflows_.size(), [&](std::size_t i) { of_workflows[i] = LintWorkflow(*workflows_[i], pause_seconds); });
    for (std::vector<Finding>& findings : of_workflows) Add(std::move(findings));
    for (const ManifestFile& file : files) lint::ApplySilences(file.text, file.path, report_.findings);
    // Files come in order, and so do the findings of each.
    const auto before = [](const Finding& a, const Finding& b) { return a.at < b.at; };
    if (!std::is_sorted(report_.findings.begin(), report_.findings.end(), before)) {
      std::stable_sort(report_.findings.begin(), report_.findings.end(), before);
    }
    return std::move(report_);
  }

 private:
  void Add(std::vector<Finding> findings) {
    report_.findings.insert(report_.findings.end(), std::make_move_iterator(findings.begin()),
                            std::make_move_iterator(findings.end()));
  }

  // The pauses of the longest rollout among the files: what deploys one waits at least that long.
  std::optional<int> PauseSeconds() const {
    std::optional<int> longest;
    for (const manifest::Object& object : objects_) {
      const auto* rollout = std::get_if<manifest::Rollout>(&object.body);
      const auto* canary = rollout == nullptr ? nullptr : std::get_if<manifest::CanaryStrategy>(&rollout->strategy);
      if (canary == nullptr) continue;
      Duration pauses{};
      for (const manifest::Step& step : canary->steps) {
        const auto* pause = std::get_if<manifest::StepPause>(&step.body);
        if (pause != nullptr) pauses += pause->duration.value_or(Duration::zero());
      }
      const int seconds = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(pauses).count());
      longest = std::max(longest.value_or(0), seconds);
    }
    return longest;
  }

  manifest::CheckContext context_;
  std::vector<manifest::Object> objects_;
  std::vector<const ManifestFile*> workflows_;
  CheckReport report_;
};

}  // namespace

CheckReport CheckFiles(const std::vector<ManifestFile>& files, const std::string& ns) {
  Checker checker(ns);
  std::vector<FileReading> readings(files.size());
  ForEachFile(files.size(), [&](std::size_t i) { readings[i] = ReadFile(files[i]); });
  for (std::size_t i = 0; i < files.size(); ++i) checker.Read(files[i], std::move(readings[i]));
  return checker.Finish(files);
}

std::vector<lint::FindingKey> KeysOf(const std::vector<Finding>& findings, const std::vector<ManifestFile>& files,
                                     const std::string& ns) {
  std::map<std::string, lint::FindingPlaces> places;
  for (const ManifestFile& file : files) {
    places.emplace(std::piecewise_construct, std::forward_as_tuple(file.path), std::forward_as_tuple(file.text, file.path, ns));
  }
  std::vector<lint::FindingKey> keys;
  for (const Finding& finding : findings) {
    const auto found = places.find(finding.at.file);
    keys.push_back(found == places.end() ? lint::FindingKey{finding.rule, finding.at.file, ""} : found->second.KeyOf(finding));
  }
  return keys;
}

void DropKnown(CheckReport& report, lint::Baseline known, const std::vector<ManifestFile>& files, const std::string& ns) {
  const std::vector<lint::FindingKey> keys = KeysOf(report.findings, files, ns);
  std::vector<Finding> left;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!lint::TakeKnown(known, keys[i])) left.push_back(std::move(report.findings[i]));
  }
  report.findings = std::move(left);
}

int FixFiles(std::vector<ManifestFile>& files) {
  constexpr int kRoundsMax = 20;  // A key that is mended may show others below it: as deep as manifests are.
  int mended = 0;
  for (ManifestFile& file : files) {
    if (!lint::FindTemplateLanguage(file.text, file.path).empty() || KindOf(file) != FileKind::kManifests) continue;
    for (int round = 0; round < kRoundsMax; ++round) {
      lint::FixReport fixed = lint::ApplyFixes(file.text, file.path, manifest::ReadManifests(file.text, file.path).findings);
      if (fixed.mended.empty()) break;
      mended += static_cast<int>(fixed.mended.size());
      file.text = std::move(fixed.text);
    }
  }
  return mended;
}

}  // namespace tuesday::cli
