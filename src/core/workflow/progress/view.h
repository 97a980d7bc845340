// SPDX-License-Identifier: Apache-2.0
// A run as JSON: for the API, and for commands' `--json`. Nothing that steps keep to themselves is in it: no environment, no
// masks, no outputs of steps.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "core/workflow/progress/changes.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

// An array: jobs with their legs, of each its result, its outputs, its steps and its annotations.
Json JobsJson(const GraphState& graph);

Json ChangeJson(const Change& change);
Result<Change> ChangeOfJson(const Json& json);

// "success", …; kNone for any other word.
RunResult ResultOf(std::string_view text);

// The commands of the run that have failed and may not, in the order in which they ended.
std::vector<OpenLog> FailedLogs(const RunState& state);

}  // namespace tuesday::workflow
