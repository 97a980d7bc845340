// SPDX-License-Identifier: Apache-2.0
// Everything of a run that offers a shell at failed steps, put together. Must outlive the threads that look at places.
#pragma once

#include <functional>
#include <string>

#include "app/cli/workflow/shell/failed_shell.h"
#include "app/cli/workflow/shell/held_places.h"
#include "app/cli/workflow/shell/terminal_turn.h"
#include "control/runs/run_spec.h"
#include "wire/runs/runs.h"

namespace tuesday::cli {

class ShellOffer {
 public:
  // `places`, `watcher` and `record` must outlive it. `folder` is made by PrepareShell.
  ShellOffer(JobPlaces& places, RunWatcher& watcher, const runs::RunRecord& record, const std::string& folder,
             std::function<void(const std::string& leg, int ordinal)> flush)
      : turn_(watcher, [&record](const std::string& leg) { return control::PlaceOf(record, leg); }),
        shell_({.places = places, .turn = turn_, .folder = folder, .flush = std::move(flush)}),
        held_(
            places,
            [this](const PlaceId& place, const StepOrder& order, const StepReport& report) {
              return shell_.Offer(place, order, report);
            },
            [this](const PlaceId& place) { shell_.GiveUp(place); }) {}

  RunWatcher& watcher() { return turn_; }
  JobPlaces& places() { return held_; }
  void GiveUp() { shell_.GiveUpAll(); }

 private:
  TerminalTurn turn_;
  FailedShell shell_;
  HeldPlaces held_;
};

}  // namespace tuesday::cli
