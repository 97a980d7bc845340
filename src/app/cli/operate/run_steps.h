// SPDX-License-Identifier: Apache-2.0
// What install and uninstall share.
#pragma once

#include <vector>

#include "app/cli/operate/install_plan.h"
#include "app/cli/operate/operate_line.h"

namespace tuesday::cli {

// kDenied: not root, and neither another root nor a dry run.
Result<void> MayChangeMachine(const OperateOptions& options);

InstallPlaces PlacesOf(const Globals& globals, const OperateOptions& options);

// Does or prints the steps one after the other; the first that fails ends it. Returns an exit code.
int RunSteps(const Globals& globals, const OperateOptions& options, const std::vector<InstallStep>& steps);

}  // namespace tuesday::cli
