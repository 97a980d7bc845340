// SPDX-License-Identifier: Apache-2.0
// Two rollouts that want the same host and path: the edge can give it to one only, so an apply that brings the second is
// refused. Pure.
#pragma once

#include <map>
#include <vector>

#include "control/apply/typed.h"

namespace tuesday::control {

// One error for each host and path that a rollout would newly get and that another has or gets too. `typed` is everything
// that there will be, `given` what this apply brings in its order: it is where the findings point. A conflict that is there
// already is none of this apply's.
std::vector<Finding> RouteConflicts(const TypedObjects& typed, const std::vector<manifest::Object>& given, const Namespace& ns,
                                    const std::map<RolloutName, state::RolloutRecord>& rollouts);

}  // namespace tuesday::control
