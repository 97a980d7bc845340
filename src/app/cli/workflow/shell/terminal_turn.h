// SPDX-License-Identifier: Apache-2.0
// Keeps what a run tells while the terminal belongs to somebody else, and tells it afterwards in its order. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/workflow/local/local_run.h"
#include "base/id.h"
#include "ports/job_places.h"

namespace tuesday::cli {

class TerminalTurn : public RunWatcher {
 public:
  // `watcher` must outlive it.
  TerminalTurn(RunWatcher& watcher, std::function<PlaceId(const std::string& leg)> place_of)
      : watcher_(watcher), place_of_(std::move(place_of)) {}

  void Told(const Change& change) override;
  void Logged(const std::string& leg, int ordinal, std::string_view line) override;

  void Hold();
  void LetGo();

  struct StepName {
    std::string leg;
    std::string name;
  };
  // As it was told when the step began.
  std::optional<StepName> NameOf(const PlaceId& place, int ordinal);

 private:
  void TellOrKeep(std::function<void()> tell);

  RunWatcher& watcher_;
  std::function<PlaceId(const std::string&)> place_of_;
  std::mutex mutex_;
  bool is_held_ = false;
  std::vector<std::function<void()>> kept_;
  std::map<std::pair<PlaceId, int>, StepName> names_;
};

}  // namespace tuesday::cli
