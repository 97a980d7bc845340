// SPDX-License-Identifier: Apache-2.0
// A play for people and for programs. Nothing in it depends on the machine that it ran on.
#pragma once

#include <string>
#include <vector>

#include "app/cli/simulate/play.h"
#include "base/json.h"

namespace tuesday::cli::simulate {

// A table with a row for each event, and one line with the end and its reason.
std::string PlayText(const PlayedRollout& rollout, const Play& play);
Json PlayJson(const Play& play);

// "api: 97 of 100 promoted, 3 aborted" with the reason of the first of each other ending.
std::string SharesText(const RolloutName& name, const std::vector<Play>& plays);
Json SharesJson(const RolloutName& name, const std::vector<Play>& plays);

}  // namespace tuesday::cli::simulate
