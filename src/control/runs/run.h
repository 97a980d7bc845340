// SPDX-License-Identifier: Apache-2.0
// One run as the loop holds it. An internal header of this folder.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/runs/runs.h"

namespace tuesday::control {

struct Runs::Run {
  runs::RunRecord record;
  workflow::RunSpec spec;
  workflow::RunState state;
  std::deque<workflow::RunEvent> inbox;
  bool committing = false;
  bool stored = false;
  bool has_rows = false;  // What is stored of the state was written by this process, row by row.
  std::function<void(Result<void>)> begun;
  std::optional<Instant> wake_at;
  std::set<std::string> ordered;    // Ids of commands.
  std::map<std::string, int> seen;  // Reports by leg.
  std::set<std::string> looking;    // Legs.
};

// Legs whose place was asked for and is not closed.
std::vector<std::string> OpenedLegs(const workflow::RunState& state);

// Whether the leg waits for its place.
bool IsOpening(const workflow::RunState& state, const std::string& leg);

// Whether a command of the leg runs.
bool HasRunningStep(const workflow::RunSpec& spec, const workflow::RunState& state, const std::string& leg);

}  // namespace tuesday::control
