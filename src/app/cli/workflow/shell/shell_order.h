// SPDX-License-Identifier: Apache-2.0
// The shell at a failed step, as one more command of its place: with the step's environment, its folder, and its own command
// at hand as `again`. Pure.
#pragma once

#include <string>

#include "core/workflow/output/step_order.h"
#include "core/workflow/output/step_report.h"

namespace tuesday::cli {

// Where the place shows the folder with the socket that the shell's terminal comes out by.
inline constexpr std::string_view kShellFolderInside = "/opt/tuesday/shell";

// `turn` counts the shells of this step, from 1. `term` is the person's TERM. The shell ends with 0 only by `exit 0`.
workflow::StepOrder ShellOrder(const workflow::StepOrder& failed, int turn, const std::string& socket, const std::string& term);

// The report of a failed step after its shell was left with 0: what was done there counts as the step.
workflow::StepReport MendedReport(workflow::StepReport failed, const workflow::StepReport& shell);

}  // namespace tuesday::cli
