// SPDX-License-Identifier: Apache-2.0
// The workflows and actions below the folders that are checked, and the files of their repositories.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/manifests/manifest_files.h"
#include "base/result.h"
#include "core/workflow/lint/lint.h"

namespace tuesday::cli {

// What ReadManifestFiles gives, and the workflows and actions in `.github` of every folder, which no other command looks at.
Result<std::vector<ManifestFile>> ReadFilesToCheck(const std::vector<std::string>& paths);

// Whether the path is that of a workflow: a YAML file in `.github/workflows`.
bool IsWorkflowPath(const std::string& path);

// Whether the path is that of an action's metadata: action.yml or action.yaml.
bool IsActionPath(const std::string& path);

// Files below a folder; a path that leads out of it names none.
class RepositoryFiles : public workflow::lint::ProjectFiles {
 public:
  // The repository of a workflow in `.github/workflows`; nothing for another path.
  static std::optional<RepositoryFiles> Of(const std::string& workflow);

  // The folder of an action.
  static RepositoryFiles Beside(const std::string& action);

  std::optional<std::string> Read(std::string_view path) const override;
  bool Has(std::string_view path) const override;

 private:
  explicit RepositoryFiles(std::string root) : root_(std::move(root)) {}

  // Where the path leads; nothing when that is outside.
  std::optional<std::string> Resolve(std::string_view path) const;

  std::string root_;
};

}  // namespace tuesday::cli
