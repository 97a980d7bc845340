// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/workflows.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "adapters/actions/known_actions.h"
#include "app/cli/client/session.h"
#include "app/cli/manifests/manifest_files.h"
#include "core/workflow/called_name.h"
#include "core/workflow/read.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

// Called files of this repository; every one that was read is kept.
class TreeFiles : public workflow::CalledFiles {
 public:
  TreeFiles(std::string root, const actions::KnownActions* known) : root_(std::move(root)), known_(known) {}

  Result<workflow::CalledFile> Find(std::string_view caller, std::string_view ref) const override {
    const std::string name = workflow::CalledName(caller, ref);
    if (name.starts_with("..")) return Fail(ErrorCode::kInvalid, fmt::format("'{}' leads out of the repository.", ref));
    TRY(std::string text, Read(name));
    found_.push_back({name, text});
    return workflow::CalledFile{name, std::move(text)};
  }

  std::vector<runs::SourceFile> Take() { return std::move(found_); }

 private:
  Result<std::string> Read(const std::string& name) const {
    if (!workflow::IsElsewhere(name)) return ReadInput((fs::path(root_) / name).string(), kManifestBytesMax);
    if (known_ != nullptr) return known_->ReadFile(name);
    return Fail(ErrorCode::kUnsupported, fmt::format("'{}' stands in another repository, which is not mirrored here.", name));
  }

  std::string root_;
  const actions::KnownActions* known_;
  mutable std::vector<runs::SourceFile> found_;
};

std::string RelativeTo(const std::string& root, const std::string& file) {
  std::error_code error;
  const fs::path full = fs::weakly_canonical(file, error);
  const fs::path relative = full.lexically_relative(fs::weakly_canonical(root, error));
  return relative.empty() || *relative.begin() == ".." ? file : relative.string();
}

std::vector<std::string> FilesOf(const std::string& root) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(root) / ".github/workflows", error), end; it != end && !error; it.increment(error)) {
    const fs::path& path = it->path();
    if (path.extension() == ".yml" || path.extension() == ".yaml") files.push_back(path.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<LocalWorkflow> ReadOne(const std::string& root, const std::string& file, WorkflowErrors& errors,
                              const actions::KnownActions* known) {
  TRY(const std::string text, ReadInput(file, kManifestBytesMax));
  LocalWorkflow local;
  local.name = RelativeTo(root, file);
  TreeFiles called(root, known);
  workflow::ReadResult read = workflow::ReadWorkflow(text, local.name, {}, &called);
  local.files = {{local.name, text}};
  for (runs::SourceFile& one : called.Take()) {
    if (std::find(local.files.begin(), local.files.end(), one) == local.files.end()) local.files.push_back(std::move(one));
  }
  for (const workflow::WorkflowProblem& problem : read.problems) {
    const bool placed = problem.at.file > 0 && problem.at.file <= static_cast<int>(read.files.size());
    const std::string& where = placed ? read.files[static_cast<std::size_t>(problem.at.file - 1)] : local.name;
    errors.lines.push_back(fmt::format("{}:{}:{}: error: {}", where, problem.at.line, problem.at.column, problem.message));
  }
  local.workflow = std::move(read.workflow);
  local.places = std::move(read.files);
  if (local.workflow.on.has_value()) local.triggers = workflow::ReadTriggers(*local.workflow.on);
  return local;
}

}  // namespace

std::string LocalWorkflow::Title() const {
  return workflow.name.has_value() ? workflow.name->ScalarText() : fs::path(name).filename().string();
}

Result<std::string> RepositoryRoot() {
  std::error_code error;
  for (fs::path folder = fs::current_path(error); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_directory(folder / ".github/workflows", error)) return folder.string();
    if (folder == folder.root_path()) break;
  }
  return Fail(ErrorCode::kNotFound, "Neither this folder nor one above it has `.github/workflows`.",
              "Go to the repository, or name the workflow's file.");
}

Result<std::vector<LocalWorkflow>> ReadWorkflows(const std::string& root, const std::string& file, WorkflowErrors& errors,
                                                 const actions::KnownActions* known) {
  const std::vector<std::string> files = file.empty() ? FilesOf(root) : std::vector<std::string>{file};
  if (files.empty()) return Fail(ErrorCode::kNotFound, fmt::format("{}/.github/workflows has no YAML file.", root));
  std::vector<LocalWorkflow> workflows;
  for (const std::string& one : files) {
    TRY(LocalWorkflow local, ReadOne(root, one, errors, known));
    workflows.push_back(std::move(local));
  }
  if (!errors.lines.empty())
    return Fail(ErrorCode::kInvalid, fmt::format("{} problems in workflow files.", errors.lines.size()));
  return workflows;
}

}  // namespace tuesday::cli
