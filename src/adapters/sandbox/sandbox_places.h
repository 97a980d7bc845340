// SPDX-License-Identifier: Apache-2.0
// Places for jobs as sandboxes of this machine, each with a supervisor of its own that outlives the daemon. Thread-safe; calls
// block for milliseconds, Open for some more, Look as long as it is told to.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/sandbox/record/place_folder.h"
#include "adapters/supervise/caller.h"
#include "base/json.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

constexpr std::size_t kPlacesMax = 100'000;
constexpr std::size_t kCallersMax = 200;  // Places to which connections are kept.

class SandboxPlaces : public JobPlaces {
 public:
  struct Settings {
    std::string state_folder;
    std::vector<std::string> supervise_argv;  // Started with the place's folder as last argument.
  };

  explicit SandboxPlaces(Settings settings);

  Result<void> Open(const PlaceSpec& spec) override;
  Result<void> Start(const PlaceId& place, const StepOrder& step) override;
  Result<void> Signal(const PlaceId& place, const std::string& step, StepSignal signal) override;
  Result<PlaceView> Look(const PlaceId& place, int seen, Duration patience) override;
  Result<std::string> HashFiles(const PlaceId& place, const std::vector<std::string>& patterns) override;
  // At most 2 MiB.
  Result<std::string> ReadFile(const PlaceId& place, const std::string& path, std::size_t bytes_max) override;
  Result<void> Close(const PlaceId& place) override;
  Result<void> Forget(const PlaceId& place) override;

  // Where the log of a step is; there from its begin until the place is forgotten.
  std::string LogPath(const PlaceId& place, int ordinal) const { return FolderOf(place).log(ordinal); }

  // Where a place's own workspace is; it stays until the place is forgotten.
  std::string WorkspacePath(const PlaceId& place) const { return FolderOf(place).work(); }

  // Removes the workspace, home and temporary files of a closed place; its reports and logs stay.
  Result<void> DropFiles(const PlaceId& place);

  // Removes what no open place of ours owns any more: for a cold start. Blocks; without an engine it is over at once.
  void RemoveLeftContainers() const;

  // The places that are there, open or not.
  std::vector<PlaceId> Known() const;

 private:
  PlaceFolder FolderOf(const PlaceId& place) const { return {places_folder_ + "/" + place.str()}; }
  Result<void> OpenNew(const PlaceSpec& spec, const PlaceFolder& folder);
  Result<void> TakeOver(const PlaceFolder& from, const PlaceFolder& to) const;
  Result<void> StartSupervisor(const PlaceSpec& spec, const PlaceFolder& folder);
  std::shared_ptr<supervise::Caller> CallerOf(const PlaceId& place) const;
  Result<Json> Ask(const PlaceId& place, const Json::Object& request, Duration patience) const;
  Result<PlaceView> LookOnDisk(const PlaceFolder& folder, int seen) const;
  Result<void> CloseLost(const PlaceFolder& folder);

  const Settings settings_;
  const std::string places_folder_;
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  std::set<PlaceId> opening_;
  mutable std::map<PlaceId, std::shared_ptr<supervise::Caller>> callers_;  // Of places that were called.
};

}  // namespace tuesday::sandbox
