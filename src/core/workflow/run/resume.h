// SPDX-License-Identifier: Apache-2.0
// A run that has ended, made ready to go on: what passed stays, the rest is done again.
#pragma once

#include <string>

#include "core/workflow/run/spec.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

enum class ResumeFrom {
  kFailedStep,  // A failed job goes on at the step that failed, with what the steps before it left.
  kFailedJobs,  // A failed job begins anew.
};

// The state of the next attempt; the spec must be that of the ended one but for its id. Time limits begin anew.
RunState Resume(const RunState& ended, ResumeFrom from);

// Legs of a resumed state that have steps behind them: their places must have the files of the places before.
std::vector<std::string> ContinuedLegs(const RunState& resumed);

}  // namespace tuesday::workflow
