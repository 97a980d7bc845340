// SPDX-License-Identifier: Apache-2.0
// The commands that look after tuesday itself, and their flags.
#pragma once

#include <functional>
#include <string>

#include "app/cli/client/session.h"

namespace CLI {
class App;
}

namespace tuesday::cli {

inline constexpr const char* kProgramText = "tuesday 0.1.0";

struct OperateOptions {
  std::string file;  // Of the backup; "-": standard output or input.
  bool with_keys = false;
  bool check = false;
  bool replace = false;

  std::string prefix = "/usr/local";
  std::string root;  // Everything is written below it; empty: "/".
  bool dry_run = false;
  bool purge = false;
  bool yes = false;
};
int RunBackup(const Globals& globals, const OperateOptions& options);
int RunRestore(const Globals& globals, const OperateOptions& options);
int RunInstall(const Globals& globals, const OperateOptions& options,
               const std::function<std::string(const char*)>& completion);
int RunUninstall(const Globals& globals, const OperateOptions& options);

// Adds them to `app`; the one that is chosen becomes `run`.
void AddOperate(CLI::App& app, const Globals& globals, OperateOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
