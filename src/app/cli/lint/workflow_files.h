// SPDX-License-Identifier: Apache-2.0
// The workflows below the folders that are checked, and the files of their repositories.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/manifests/manifest_files.h"
#include "base/result.h"
#include "core/workflow/lint/lint.h"

namespace tuesday::cli {

// What ReadManifestFiles gives, and `.github/workflows` of every folder, which no other command looks at.
Result<std::vector<ManifestFile>> ReadFilesToCheck(const std::vector<std::string>& paths);

// Whether the path is that of a workflow: a YAML file in `.github/workflows`.
bool IsWorkflowPath(const std::string& path);

// Files below a folder; a path that leads out of it names none.
class RepositoryFiles : public workflow::lint::ProjectFiles {
 public:
  // The repository of a workflow in `.github/workflows`; nothing for another path.
  static std::optional<RepositoryFiles> Of(const std::string& workflow);

  std::optional<std::string> Read(std::string_view path) const override;

 private:
  explicit RepositoryFiles(std::string root) : root_(std::move(root)) {}

  std::string root_;
};

}  // namespace tuesday::cli
