// SPDX-License-Identifier: Apache-2.0
// An attempt's two sides as its judges name them: the labels by which rules find each, and what its analyses say. The
// daemon's judge and the simulated one must agree on these.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "control/judge.h"
#include "core/gate/rollout_gate.h"
#include "core/judge/attempt_case.h"
#include "core/metrics/view.h"
#include "core/rules/standing.h"

namespace tuesday::control {

// Whose view it is: every instance's container is named after its rollout.
metrics::ViewIdentity IdentityOf(const RolloutName& rollout);

// One instance of each side, as the view labels it.
rules::AttemptLabels LabelsOfAttempt(const RolloutName& rollout, const AttemptId& attempt,
                                     const std::vector<metrics::RoleRow>& rows);

// The runs of this attempt as the gate takes them.
std::vector<gate::AnalysisSaid> AnalysesSay(const std::vector<rollout::AnalysisSeen>& seen, const AttemptId& attempt,
                                            const std::vector<std::string>& names);

// The groups of every PrometheusRule that is right, in the order of the objects.
std::vector<judge::RuleGroup> GroupsOf(const std::vector<manifest::Object>& objects);

}  // namespace tuesday::control
