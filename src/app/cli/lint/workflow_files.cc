// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/workflow_files.h"

#include <algorithm>
#include <filesystem>

#include "app/cli/client/session.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkflows = ".github/workflows";
constexpr std::string_view kActions = ".github/actions";

std::vector<std::string> WorkflowsBelow(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(folder) / kWorkflows, error), end; it != end && !error; it.increment(error)) {
    if (it->is_regular_file(error) && IsWorkflowPath(it->path().string())) found.push_back(it->path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Local actions stand in folders of this one, at any depth.
std::vector<std::string> ActionsBelow(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(fs::path(folder) / kActions, options, error), end; it != end && !error;
       it.increment(error)) {
    if (it->path().filename() == "node_modules") it.disable_recursion_pending();
    if (it->is_regular_file(error) && IsActionPath(it->path().string())) found.push_back(it->path().string());
    if (found.size() >= kManifestFilesMax) break;
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool IsActionPath(const std::string& path) {
  const fs::path name = fs::path(path).filename();
  return name == "action.yml" || name == "action.yaml";
}

bool IsWorkflowPath(const std::string& path) {
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return false;
  // As nearly all are written; the rest is taken apart.
  const std::string_view folder = std::string_view(path).substr(0, path.rfind('/') + 1);
  const bool named = path[folder.size()] != '.';
  if (named && (folder == ".github/workflows/" || folder.ends_with("/.github/workflows/"))) return true;
  const fs::path file(path);
  const bool yaml = file.extension() == ".yml" || file.extension() == ".yaml";
  return yaml && file.parent_path().filename() == "workflows" && file.parent_path().parent_path().filename() == ".github";
}

Result<std::vector<ManifestFile>> ReadFilesToCheck(const std::vector<std::string>& paths) {
  std::vector<ManifestFile> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool folder = path != "-" && fs::is_directory(path, error);
    std::vector<std::string> workflows = folder ? WorkflowsBelow(path) : std::vector<std::string>();
    const std::vector<std::string> actions = folder ? ActionsBelow(path) : std::vector<std::string>();
    workflows.insert(workflows.end(), actions.begin(), actions.end());
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

RepositoryFiles RepositoryFiles::Beside(const std::string& action) {
  const fs::path folder = fs::path(action).parent_path();
  return RepositoryFiles(folder.empty() ? "." : folder.string());
}

std::optional<std::string> RepositoryFiles::Resolve(std::string_view path) const {
  const fs::path relative = fs::path(path).lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..") return std::nullopt;
  std::error_code error;
  const fs::path file = fs::path(root_) / relative;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  return file.string();
}

bool RepositoryFiles::Has(std::string_view path) const { return Resolve(path).has_value(); }

std::optional<std::string> RepositoryFiles::Read(std::string_view path) const {
  const std::optional<std::string> file = Resolve(path);
  if (!file.has_value()) return std::nullopt;
  Result<std::string> text = ReadInput(*file, kManifestBytesMax);
  if (!text.has_value()) return std::nullopt;
  return *std::move(text);
}

}  // namespace tuesday::cli
