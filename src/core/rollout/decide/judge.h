// SPDX-License-Identifier: Apache-2.0
// What speaks against the attempt, and what is still missing to speak for it: gate, analyses, deadlines. Private to
// core/rollout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

// Ends the attempt when its gate or an analysis of its says so, and pauses it when an analysis is inconclusive.
void Judge(Turn& turn);

// What the gate says of the present attempt. A finding of any other attempt is no evidence.
gate::Verdict VerdictOf(const Turn& turn, const Attempt& attempt);

// The analyses that shall run now.
std::vector<AnalysisRunKey> AnalysesWanted(const Turn& turn);

// What was seen of one run, or null.
const AnalysisSeen* SeenRun(const World& world, const AnalysisRunKey& key);

AnalysisRunKey StepRun(const Attempt& attempt, int analysis);

// The instant at which the attempt has made no progress for too long, or nothing while that is not counted.
std::optional<Instant> ProgressDeadline(const Turn& turn);

inline constexpr std::string_view kProgressDeadlineExceeded = "ProgressDeadlineExceeded";

// "ProgressDeadlineExceeded: ..." once it has passed, with what an instance that is not ready says; else empty.
std::string ProgressFailure(const Turn& turn);

}  // namespace tuesday::rollout
