// SPDX-License-Identifier: Apache-2.0
// Which jobs of a run may go on, and whose outcome is still of use. Pure.
#pragma once

#include "control/analyses/asker.h"
#include "core/analysis/analysis.h"

namespace tuesday::control {

// Adds the jobs of one run. Beside what it waits for, what it will ask next is named: a daemon that was killed between the
// start of a job and its own commit finds the job running. Outcomes stay as long as measurements do: their commit may be lost.
void AddWantedJobs(const rollout::AnalysisRunKey& key, const analysis::Spec& spec, const analysis::Status& status,
                   JobsTarget& target);

}  // namespace tuesday::control
