// SPDX-License-Identifier: Apache-2.0
// What is wrong with a workflow file, or the metadata of an action, before it runs, beyond what the reader refuses: everything
// at once, each with its place and rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace tuesday::workflow::lint {

// The files of the repository that a workflow names: local actions, reusable workflows.
class ProjectFiles {
 public:
  virtual ~ProjectFiles() = default;

  // The content of the file at `path` from the repository's root, or nothing.
  virtual std::optional<std::string> Read(std::string_view path) const = 0;

  // Whether there is a file at `path`, however large.
  virtual bool Has(std::string_view path) const { return Read(path).has_value(); }
};

struct LintOptions {
  std::vector<std::string> runner_labels;                    // Of runners of one's own; patterns with `*`.
  std::optional<std::vector<std::string>> config_variables;  // The names that `vars` may have; any when not given.
  std::optional<int> pause_seconds;                          // Of the rollout that is deployed, all its pauses together.
  const ProjectFiles* files = nullptr;                       // Without it nothing is said of what a workflow names.
};

// Findings by place. Rules have the names of actionlint's where the two look for the same.
std::vector<Finding> LintWorkflow(std::string_view text, std::string_view file, const LintOptions& options = {});

// The same for the metadata of an action. `folder` is where it is, from the root of the options' files.
std::vector<Finding> LintAction(std::string_view text, std::string_view file, std::string_view folder,
                                const LintOptions& options = {});

}  // namespace tuesday::workflow::lint
