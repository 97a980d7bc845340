// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/file_values.h"

#include <algorithm>

#include "core/workflow/output/file_commands.h"
#include "core/workflow/output/text.h"

namespace tuesday::sandbox {
namespace {

using workflow::Annotation;
using workflow::AnnotationLevel;
using Pairs = std::vector<std::pair<std::string, std::string>>;

class Reader {
 public:
  Reader(const StepFiles& step_files, const workflow::Masks& masks, StepReport& report)
      : files_(step_files), masks_(masks), report_(report) {}

  template <typename Value>
  Value Get(const char* variable, const char* name, Result<Value> (*read)(std::string_view)) {
    const Result<std::string> text = Text(variable);
    Result<Value> value = text.has_value() ? read(*text) : std::unexpected(text.error());
    if (value.has_value()) return *std::move(value);
    Say(workflow::FileCommandFailure(name));
    Say(value.error().message);
    if (report_.problem.empty())
      report_.problem = workflow::FileCommandFailure(name) + " " + masks_.Mask(value.error().message);
    return {};
  }

  // A summary that is too large fails no step.
  void Summary() {
    const Result<std::string> text = Text("GITHUB_STEP_SUMMARY");
    Result<std::string> summary = text.has_value() ? workflow::CheckSummary(*text, masks_) : text;
    if (summary.has_value()) {
      report_.summary = *std::move(summary);
    } else {
      Say(summary.error().message);
    }
  }

  void Say(const std::string& sentence) {
    const std::string masked = masks_.Mask(sentence);
    lines.push_back("##[error]" + masked);
    report_.annotations.push_back(Annotation{.level = AnnotationLevel::kError, .message = masked, .title = "", .file = ""});
  }

  std::vector<std::string> lines;

 private:
  Result<std::string> Text(const char* variable) const {
    TRY(const std::string text, files_.Read(variable));
    return workflow::RepairUtf8(text);
  }

  const StepFiles& files_;
  const workflow::Masks& masks_;
  StepReport& report_;
};

}  // namespace

void MergePairs(Pairs more, Pairs& pairs) {
  for (auto& pair : more) {
    const auto known = std::ranges::find(pairs, pair.first, &Pairs::value_type::first);
    if (known != pairs.end()) {
      known->second = std::move(pair.second);
    } else {
      pairs.push_back(std::move(pair));
    }
  }
}

std::vector<std::string> AddFileValues(const StepFiles& step_files, const workflow::Masks& masks, StepReport& report) {
  Reader reader(step_files, masks, report);
  MergePairs(reader.Get("GITHUB_OUTPUT", "output", &workflow::ReadPairs), report.outputs);
  workflow::EnvironmentPairs environment = reader.Get("GITHUB_ENV", "env", &workflow::ReadEnvironment);
  MergePairs(std::move(environment.pairs), report.environment);
  for (const std::string& refused : environment.refused) reader.Say(refused);
  MergePairs(reader.Get("GITHUB_STATE", "state", &workflow::ReadPairs), report.state);
  for (std::string& path : reader.Get("GITHUB_PATH", "path", &workflow::ReadPaths)) report.path.push_back(std::move(path));
  reader.Summary();
  return std::move(reader.lines);
}

}  // namespace tuesday::sandbox
