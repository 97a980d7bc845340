// SPDX-License-Identifier: Apache-2.0
// A shell for a person in the place of a step that failed. One at a time has the terminal; others wait for their turn.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "app/cli/workflow/shell/terminal_turn.h"
#include "ports/job_places.h"

namespace tuesday::cli {

// `folder` is the one that places show as kShellFolderInside. `flush` tells what the step's log has, before the shell begins.
struct ShellParts {
  JobPlaces& places;
  TerminalTurn& turn;
  std::string folder;
  std::function<void(const std::string& leg, int ordinal)> flush;
};

// Makes that folder: only we write in it, everybody may look up a name.
Result<void> MakeShellFolder(const std::string& folder);

class FailedShell {
 public:
  explicit FailedShell(ShellParts parts) : parts_(std::move(parts)) {}

  // Shows the step and gives a shell; returns the step's report as it is to be told when the shell was left. Blocks for as long
  // as the person stays.
  StepReport Offer(const PlaceId& place, const StepOrder& order, const StepReport& report);

  // Ends the shell of this place; it gets no other.
  void GiveUp(const PlaceId& place);

  // Ends every shell; from now on none is begun.
  void GiveUpAll() { is_over_ = true; }

 private:
  bool IsGivenUp(const PlaceId& place);
  Result<StepReport> Shell(const PlaceId& place, const StepOrder& order);

  ShellParts parts_;
  std::mutex terminal_;
  std::mutex mutex_;
  std::set<PlaceId> given_up_;
  std::atomic<bool> is_over_ = false;
};

}  // namespace tuesday::cli
