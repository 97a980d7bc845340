// SPDX-License-Identifier: Apache-2.0
// What there is to tell of a run between two of its states.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/run/state.h"

namespace tuesday::workflow {

enum class ChangeKind { kStepBegan, kStepEnded, kJobBegan, kJobEnded, kRunEnded };

// `depth` counts the composite actions around a step. `ordinal` names its log; 0: it has none.
struct Change {
  ChangeKind kind = ChangeKind::kStepBegan;
  std::string leg;  // Or the job, when none of its legs ever began.
  std::string name;
  int ordinal = 0;
  int depth = 0;
  RunResult result = RunResult::kNone;
  bool may_fail = false;  // A failure that continue-on-error lets pass.
  std::string reason;
  Duration took{};
  friend bool operator==(const Change&, const Change&) = default;
};

// In the order in which they are best read: of each leg its steps' ends before the next begin.
std::vector<Change> ChangesBetween(const RunState& before, const RunState& after);

// The commands of the run whose log is being written.
struct OpenLog {
  std::string leg;
  int ordinal = 0;
  friend bool operator==(const OpenLog&, const OpenLog&) = default;
};
std::vector<OpenLog> OpenLogs(const RunState& state);

}  // namespace tuesday::workflow
