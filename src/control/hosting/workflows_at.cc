// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "control/hosting/sight.h"
#include "core/workflow/read.h"

namespace tuesday::control {
namespace {

constexpr std::string_view kFolder = ".github/workflows";

// Called workflows stand in the same folder of the same commit.
class FilesOfCommit : public workflow::CalledFiles {
 public:
  explicit FilesOfCommit(const std::vector<GitFile>& files) : files_(files) {}

  Result<workflow::CalledFile> Find(std::string_view, std::string_view ref) const override {
    if (!ref.starts_with("./") && !ref.starts_with("$/")) {
      return Fail(ErrorCode::kUnsupported, fmt::format("'{}' stands in another repository, which is not mirrored here.", ref));
    }
    const std::string_view name = ref.substr(2);
    const auto found = std::ranges::find(files_, name, &GitFile::name);
    if (found == files_.end()) return Fail(ErrorCode::kNotFound, fmt::format("There is no file '{}' at this commit.", name));
    const runs::SourceFile file{found->name, found->content};
    if (std::ranges::find(called_, file) == called_.end()) called_.push_back(file);
    return workflow::CalledFile{found->name, found->content};
  }

  std::vector<runs::SourceFile> Take() { return std::move(called_); }

 private:
  const std::vector<GitFile>& files_;
  mutable std::vector<runs::SourceFile> called_;
};

HostedWorkflow Read(const GitFile& file, const std::vector<GitFile>& files) {
  FilesOfCommit called(files);
  const workflow::ReadResult read = workflow::ReadWorkflow(file.content, file.name, {}, &called);
  HostedWorkflow hosted;
  hosted.file = file.name;
  hosted.title = read.workflow.name.has_value() ? read.workflow.name->ScalarText() : file.name.substr(kFolder.size() + 1);
  hosted.files = {{file.name, file.content}};
  for (runs::SourceFile& one : called.Take()) hosted.files.push_back(std::move(one));
  for (const workflow::WorkflowProblem& problem : read.problems) {
    const bool is_placed = problem.at.file > 0 && problem.at.file <= static_cast<int>(read.files.size());
    const std::string& where = is_placed ? read.files[static_cast<std::size_t>(problem.at.file - 1)] : file.name;
    hosted.problems.push_back(fmt::format("{}:{}:{}: error: {}", where, problem.at.line, problem.at.column, problem.message));
  }
  if (hosted.problems.empty() && read.workflow.on.has_value()) hosted.triggers = workflow::ReadTriggers(*read.workflow.on);
  return hosted;
}

}  // namespace

Result<std::vector<HostedWorkflow>> WorkflowsAt(Repositories& repositories, const std::string& name, const std::string& sha) {
  TRY(std::vector<GitFile> files, repositories.ReadFolder(name, sha, std::string(kFolder)));
  std::erase_if(files, [](const GitFile& file) { return !file.name.ends_with(".yml") && !file.name.ends_with(".yaml"); });
  std::vector<HostedWorkflow> workflows;
  for (const GitFile& file : files) workflows.push_back(Read(file, files));
  return workflows;
}

}  // namespace tuesday::control
