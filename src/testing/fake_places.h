// SPDX-License-Identifier: Apache-2.0
// Places for jobs as a model on the test's clock: the words of a step's script say what it does, or the test does. They survive
// the daemon, as places do; the test may lose one, or make opening fail.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/job_places.h"

namespace tuesday::testing {

// What a step does: it runs for `length`, then ends as `report` says (its id, ordinal and times are filled in). A signal ends
// it at once, unless it `ignores_signals`.
struct ScriptedStep {
  Duration length{};
  StepReport report;
  std::vector<std::string> log;
  bool ignores_signals = false;
};

// Lines of a script that are understood: `echo WORDS`, `echo k=v >> "$GITHUB_OUTPUT"` (or another of the five files),
// `sleep SECONDS`, `trap '' INT TERM`, `exit N`; `true`, `false` and a program in `argv` whose path begins with /no/such as
// well.
ScriptedStep ScriptOf(const StepOrder& order);

// Look never waits: the owner of the clock moves it to `NextEnd` instead.
class FakePlaces : public JobPlaces {
 public:
  using Play = std::function<ScriptedStep(const PlaceSpec&, const StepOrder&)>;

  explicit FakePlaces(
      const Clock& clock, Play play = [](const PlaceSpec&, const StepOrder& order) { return ScriptOf(order); })
      : clock_(clock), play_(std::move(play)) {}

  Result<void> Open(const PlaceSpec& spec) override;
  Result<void> Start(const PlaceId& place, const StepOrder& step) override;
  Result<void> Signal(const PlaceId& place, const std::string& step, StepSignal signal) override;
  Result<PlaceView> Look(const PlaceId& place, int seen, Duration patience) override;
  // Of the files that the test put there; a pattern is a path below the workspace or ends with `*`.
  Result<std::string> HashFiles(const PlaceId& place, const std::vector<std::string>& patterns) override;
  Result<std::string> ReadFile(const PlaceId& place, const std::string& path, std::size_t bytes_max) override;
  Result<void> Close(const PlaceId& place) override;
  Result<void> Forget(const PlaceId& place) override;

  // As if its supervisor was killed: what runs is lost, reports stay.
  void Lose(const PlaceId& place, std::string message = "Its supervisor was lost.");
  // The machine was started again: all open places are lost.
  void Reboot();
  // Every Open fails with it until it is taken back.
  void FailOpens(std::optional<Error> error) { open_error_ = std::move(error); }
  void PutFile(const PlaceId& place, const std::string& path, std::string bytes);

  // The next instant at which something ends by itself, in any place.
  std::optional<Instant> NextEnd() const;
  // How often a step was begun, over all places: "place/step" → times. More than 1 is somebody's bug.
  const std::map<std::string, int>& begun() const { return begun_; }
  const PlaceSpec* Find(const PlaceId& place) const;
  const StepOrder* FindOrder(const PlaceId& place, const std::string& step) const;
  std::set<PlaceId> open() const;
  std::vector<std::string> Log(const PlaceId& place, int ordinal) const;

 private:
  struct Step {
    StepOrder order;
    ScriptedStep script;
    Instant begun;
    Instant ends;
    WallTime began;
    std::optional<StepReport> report;
    int place_in_order = 0;  // Among the steps that ended.
  };
  struct Place {
    PlaceSpec spec;
    PlacePhase phase = PlacePhase::kOpen;
    std::string message;
    Instant opened;
    std::map<std::string, Step> steps;
    std::map<std::string, std::string> files;
  };

  Result<Place*> FindOpen(const PlaceId& place);
  void End(Step& step, StepEnd end, int exit_code, std::string problem = "");
  void LetPass(Place& place);
  void Stop(Place& place, PlacePhase phase, StepEnd end, std::string message);

  const Clock& clock_;
  Play play_;
  std::map<PlaceId, Place> places_;
  std::map<std::string, int> begun_;
  int ended_ = 0;
  std::optional<Error> open_error_;
};

}  // namespace tuesday::testing
