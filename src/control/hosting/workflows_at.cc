// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "control/hosting/called_files.h"
#include "core/workflow/read.h"

namespace tuesday::control {
namespace {

constexpr std::string_view kFolder = ".github/workflows";

HostedWorkflow Read(const GitFile& file, FilesAt called) {
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

Result<std::vector<HostedWorkflow>> WorkflowsAt(const Sources& sources, const runs::RepositoryRecord& record,
                                                const std::string& sha) {
  TRY(std::vector<GitFile> files, sources.repositories.ReadFolder(record.name, sha, std::string(kFolder)));
  std::erase_if(files, [](const GitFile& file) { return !file.name.ends_with(".yml") && !file.name.ends_with(".yaml"); });
  std::vector<HostedWorkflow> workflows;
  for (const GitFile& file : files) workflows.push_back(Read(file, FilesAt(sources, record, sha, files)));
  return workflows;
}

}  // namespace tuesday::control
