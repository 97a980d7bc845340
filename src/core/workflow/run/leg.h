// SPDX-License-Identifier: Apache-2.0
// One leg of a job, from its place to its last post step. An internal header of this folder.
#pragma once

#include "core/workflow/run/scope.h"

namespace tuesday::workflow {

// Evaluates what the leg itself says (name, runs-on, environment, limits) and asks for its group or its place. A leg that
// calls a workflow gets that one's jobs.
void BeginLeg(Turn& turn, LegPlace& place);

// The job's own limit. Its expression was found well when the leg began.
Duration TimeoutOf(const LegPlace& place);

// From here the leg's time runs: it has its place, or is a call, which needs none.
void TellJobBegan(Turn& turn, LegPlace& place);

// Goes on with the steps of the leg as far as it can without an answer.
void ContinueLeg(Turn& turn, LegPlace& place);

// Tells a leg that it shall end: running steps by signals unless their condition still holds, waiting ones by their
// conditions.
void CancelLeg(Turn& turn, LegPlace& place, const std::string& reason);

// Ends the leg with its result and tells it.
void EndLeg(Turn& turn, LegPlace& place, RunResult result, std::string reason);

// Answers.
void TakePlaceOpened(Turn& turn, LegPlace& place);
void TakePlaceLost(Turn& turn, LegPlace& place, const std::string& message);
void TakePlaceClosed(Turn& turn, LegPlace& place);
void TakeAction(Turn& turn, LegPlace& place, const ActionLoaded& loaded);
void TakeHash(Turn& turn, LegPlace& place, const FilesHashed& hashed);
void TakeReport(Turn& turn, LegPlace& place, const StepReport& report);

// Does what time has brought: limits passed, signals that nobody heeded. The next instant at which that may change.
std::optional<Instant> WatchLeg(Turn& turn, LegPlace& place);

}  // namespace tuesday::workflow
