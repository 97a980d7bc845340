// SPDX-License-Identifier: Apache-2.0
// The flags of the everyday verbs.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "app/cli/verbs.h"

namespace tuesday::cli {

// Where the verbs' flags are read to; it must outlive the parsing and the command.
struct VerbOptions {
  RollbackOptions rollback;
  LogsOptions logs;
  ExecOptions exec;
  DeployOptions deploy;
  InitOptions init;
  SecretOptions secret;
};

// Adds the verbs below `app`; the one that was chosen becomes `run`.
void AddVerbs(CLI::App& app, const Globals& globals, VerbOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
