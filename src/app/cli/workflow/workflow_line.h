// SPDX-License-Identifier: Apache-2.0
// `tuesday workflow …` on the command line.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "app/cli/workflow/options.h"

namespace tuesday::cli {

// The command that was chosen goes to `run`.
void AddWorkflow(CLI::App& app, const Globals& globals, WorkflowOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
