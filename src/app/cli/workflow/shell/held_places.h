// SPDX-License-Identifier: Apache-2.0
// Places whose failed steps are looked at before they are told of: to the run a step lasts until the question was answered.
// Thread-safe; the question is asked on the thread that looks, for as long as it takes.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ports/job_places.h"

namespace tuesday::cli {

// Commands that the question itself starts in the place have ordinals from here on, and are told to nobody.
inline constexpr int kShellOrdinals = 1'000'000;

class HeldPlaces : public JobPlaces {
 public:
  // What to tell of a step that failed, by its order and its report.
  using Ask = std::function<StepReport(const PlaceId& place, const StepOrder& order, const StepReport& report)>;
  // A step whose question is open was signalled: the question is to be given up.
  using GiveUp = std::function<void(const PlaceId& place)>;

  // `places` must outlive it.
  HeldPlaces(JobPlaces& places, Ask ask, GiveUp give_up)
      : places_(places), ask_(std::move(ask)), give_up_(std::move(give_up)) {}

  Result<void> Open(const PlaceSpec& spec) override { return places_.Open(spec); }
  Result<void> Start(const PlaceId& place, const StepOrder& step) override;
  Result<void> Signal(const PlaceId& place, const std::string& step, StepSignal signal) override;
  Result<PlaceView> Look(const PlaceId& place, int seen, Duration patience) override;
  Result<std::string> HashFiles(const PlaceId& place, const std::vector<std::string>& patterns) override {
    return places_.HashFiles(place, patterns);
  }
  Result<std::string> ReadFile(const PlaceId& place, const std::string& path, std::size_t bytes_max) override {
    return places_.ReadFile(place, path, bytes_max);
  }
  Result<void> Close(const PlaceId& place) override;
  Result<void> Forget(const PlaceId& place) override { return places_.Forget(place); }

 private:
  struct Held {
    std::map<std::string, StepOrder> orders;  // By id, of steps whose end was not told yet.
    std::set<std::string> signalled;
    int seen = 0;                     // Reports of the place, also those that are told to nobody.
    std::vector<StepReport> reports;  // Of the run's own steps, as they are told.
    std::string asking;               // The step that the question is about.
  };

  // Takes in what is new; asks about each step that failed.
  void TakeReports(const PlaceId& place, std::vector<StepReport> reports);
  bool IsAsked(const Held& held, const StepReport& report) const;

  JobPlaces& places_;
  Ask ask_;
  GiveUp give_up_;
  std::mutex mutex_;
  std::map<PlaceId, Held> held_;
};

}  // namespace tuesday::cli
