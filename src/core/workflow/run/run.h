// SPDX-License-Identifier: Apache-2.0
// The machine of workflow runs: which jobs may begin, which step comes next, and how everything ends. Pure: who performs says
// what happened, and asks what is still to be done.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/audit/entry.h"
#include "core/workflow/run/event.h"
#include "core/workflow/run/spec.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

struct RunOutcome {
  RunState state;
  std::vector<audit::Entry> entries;
  std::optional<Instant> wake_at;
};

// `now` joins the clock that durations count in with the one that people read.
struct Moment {
  Instant instant;
  WallTime wall;
};

RunOutcome StepRun(const RunSpec& spec, RunState state, const RunEvent& event, const Moment& now);

enum class CommandKind { kOpenPlace, kLoadAction, kHashFiles, kStartStep, kSignalStep, kClosePlace };

// Done once under its id, which is derived from the run, the leg and what is asked. `text` is the action of kLoadAction.
struct RunCommand {
  std::string id;
  CommandKind kind = CommandKind::kOpenPlace;
  std::string leg;
  int ordinal = 0;
  Ending signal = Ending::kNone;
  std::string text;
  std::vector<std::string> patterns;
};

// Everything that is ordered by now and not answered. It follows from the state alone, so that whoever starts with a stored
// state goes on where it was; what was done already is known to the receiver by its id. Groups are not ordered: see groups.h.
std::vector<RunCommand> Outstanding(const RunSpec& spec, const RunState& state);

// Environments are the same without regard to case.
std::string EnvironmentKey(std::string_view name);

}  // namespace tuesday::workflow
