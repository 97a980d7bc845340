// SPDX-License-Identifier: Apache-2.0
// The commands that judge files: `check` and `rollout lint`, and their flags.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/cli/client/session.h"
#include "app/cli/manifests/manifest_files.h"

namespace tuesday::cli {

struct CheckOptions {
  std::vector<std::string> paths;
  std::string format = "text";
  bool strict = false;
  std::string baseline;
  bool write_baseline = false;
  std::string new_only;  // A git revision; kNewOnly: none was named; empty: everything is told.
  bool fix = false;
  bool dry_run = false;
  bool rules = false;
};
inline constexpr const char* kNewOnly = "true";  // What a flag without value is.
int RunCheck(const Globals& globals, const CheckOptions& options);

int RunRolloutLint(const Globals& globals, const std::string& path);

struct LintOptions {
  CheckOptions check;
  std::string lint_path;
};

// Adds `check` to `app`; the one that was chosen becomes `run`.
void AddCheck(CLI::App& app, const Globals& globals, LintOptions& options, std::function<int()>& run);
// Adds `lint` to the group `rollout`.
void AddRolloutLint(CLI::App& rollout, const Globals& globals, LintOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
