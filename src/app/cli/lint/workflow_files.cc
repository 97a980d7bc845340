// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/workflow_files.h"

#include <algorithm>
#include <filesystem>

#include "app/cli/client/session.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkflows = ".github/workflows";

std::vector<std::string> WorkflowsBelow(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(folder) / kWorkflows, error), end; it != end && !error; it.increment(error)) {
    if (it->is_regular_file(error) && IsWorkflowPath(it->path().string())) found.push_back(it->path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool IsWorkflowPath(const std::string& path) {
  const fs::path file(path);
  const bool yaml = file.extension() == ".yml" || file.extension() == ".yaml";
  return yaml && file.parent_path().filename() == "workflows" && file.parent_path().parent_path().filename() == ".github";
}

Result<std::vector<ManifestFile>> ReadFilesToCheck(const std::vector<std::string>& paths) {
  std::vector<ManifestFile> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool folder = path != "-" && fs::is_directory(path, error);
    const std::vector<std::string> workflows = folder ? WorkflowsBelow(path) : std::vector<std::string>();
    Result<std::vector<ManifestFile>> others = ReadManifestFiles({path});
    // A repository may have workflows and nothing else to check.
    if (!others.has_value() && workflows.empty()) return std::unexpected(others.error());
    if (others.has_value())
      files.insert(files.end(), std::make_move_iterator(others->begin()), std::make_move_iterator(others->end()));
    for (const std::string& name : workflows) {
      TRY(std::string text, ReadInput(name, kManifestBytesMax));
      files.push_back({name, std::move(text)});
    }
  }
  return files;
}

std::optional<RepositoryFiles> RepositoryFiles::Of(const std::string& workflow) {
  if (!IsWorkflowPath(workflow)) return std::nullopt;
  const fs::path root = fs::path(workflow).parent_path().parent_path().parent_path();
  return RepositoryFiles(root.empty() ? "." : root.string());
}

std::optional<std::string> RepositoryFiles::Read(std::string_view path) const {
  const fs::path relative = fs::path(path).lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..") return std::nullopt;
  std::error_code error;
  const fs::path file = fs::path(root_) / relative;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  Result<std::string> text = ReadInput(file.string(), kManifestBytesMax);
  if (!text.has_value()) return std::nullopt;
  return *std::move(text);
}

}  // namespace tuesday::cli
