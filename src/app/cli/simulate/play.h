// SPDX-License-Identifier: Apache-2.0
// Plays one rollout of the files: the machine in virtual time, simulated traffic, and the files' rules and analyses over
// it. Pure but for its arguments: the same input and seed give the same play.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/simulate/conditions.h"
#include "app/cli/simulate/input.h"
#include "core/rollout/simulate.h"

namespace tuesday::cli::simulate {

// How a play ended, for exit codes and shares.
enum class Ended { kPromoted, kAborted, kRolledBack, kNoEvidence, kUnderWay };

std::string_view EndedName(Ended ended);  // "promoted", "aborted", "rolled back", "no evidence", "under way"

struct Play {
  RolloutName name;
  std::uint64_t seed = 0;
  std::vector<rollout::SimulatedEvent> timeline;  // Of the machine and of its gate, in order.
  Ended ended = Ended::kUnderWay;
  std::string reason;
  Duration took{};  // Until the attempt ended, its bake included.
  Weight weight_max;
  double canary_requests = 0;
};

// `input` must hold `rollout`.
Play PlayRollout(const PlayInput& input, const PlayedRollout& rollout, const Script& script, std::uint64_t seed);

}  // namespace tuesday::cli::simulate
