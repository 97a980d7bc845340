// SPDX-License-Identifier: Apache-2.0
// The graph of jobs: which may begin, with which legs, and how they end. An internal header of this folder.
#pragma once

#include "core/workflow/run/scope.h"

namespace tuesday::workflow {

// The state of a file's jobs before any has begun. Jobs that the spec leaves out are done, skipped.
GraphState NewGraph(const std::vector<Job>& jobs, const RunSpec* only);

// Begins what can begin and ends what has ended, until nothing more follows.
void AdvanceJobs(Turn& turn, const GraphScope& scope, GraphState& graph);

// The result over all jobs: failure before cancelled before success; skipped when all were.
RunResult ResultOf(const GraphState& graph);
bool IsDone(const GraphState& graph);

}  // namespace tuesday::workflow
