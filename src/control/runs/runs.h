// SPDX-License-Identifier: Apache-2.0
// Runs of workflows: decides by core/workflow/run, stores before anything is done, orders what is outstanding, and takes the
// answers in. Loop thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/executor.h"
#include "core/workflow/progress/token_facts.h"
#include "core/workflow/run/run.h"
#include "ports/actions.h"
#include "ports/clock.h"
#include "ports/job_places.h"
#include "ports/store.h"
#include "wire/runs/runs.h"

namespace tuesday::control {

// Lanes that wait for reports: the executor behind them has threads of their own for these.
inline constexpr std::string_view kLookLanePrefix = "look ";
inline constexpr std::string_view kStoreLane = "store";
inline constexpr Duration kLookPatience = std::chrono::seconds(1);
inline constexpr Duration kTryAgain = std::chrono::seconds(1);
inline constexpr int kCloseTriesMax = 5;

// What a leg's place has of the services for actions. An empty socket: there are none.
struct LegServices {
  std::string socket;  // Of the machine; programs of the job reach it at 127.0.0.1:`port`.
  int port = 0;
  std::map<std::string, std::string> hosts;        // Name → address, for the job.
  std::map<std::string, std::string> environment;  // Of actions, never of `run:` steps.
  std::map<std::string, std::string> every_step;   // Of `run:` steps too.
  std::vector<std::string> masks;                  // What of it no log may show.
};

struct RunsParts {
  const Clock& clock;
  Executor& executor;
  Store& store;
  JobPlaces& places;
  Actions& actions;
  std::function<expression::Value(const runs::RunRecord&)> secrets;  // Of a run, as an object; never stored.
  // Asked again for each step of a leg, and answers the same as long as we live. Null: no services.
  std::function<LegServices(const runs::RunRecord&, const std::string& leg)> services = nullptr;
  // Where a run's actions come from, when not all runs have the same. Called on the loop; what it gives is called elsewhere.
  std::function<std::shared_ptr<Actions>(const runs::RunRecord&)> actions_of = nullptr;
  // The namespace that a run's entries in the journal stand under. Null: "default".
  std::function<Namespace(const runs::RunRecord&)> namespace_of = nullptr;
  // What jobs of its environments have of their own, by workflow::EnvironmentKey; never stored. Null: nothing.
  std::function<std::map<std::string, workflow::EnvironmentSettings>(const runs::RunRecord&)> environments = nullptr;
  // How many jobs may have a place at once, over all runs; asked whenever one is to be opened. Null: all.
  std::function<std::size_t()> jobs_at_once_max = nullptr;
};

struct RunRows;

class Runs {
 public:
  // `changed` is called after each change that is durable, with the run's id.
  Runs(RunsParts parts, std::function<void(const std::string& id)> changed);
  ~Runs();

  // Takes the stored runs up again; what was ordered and not answered is ordered again. Blocks: before the loop runs.
  Result<void> Load();

  // The same for one of them.
  Result<void> LoadOne(const std::string& id);

  // A run that has ended is held no longer; its rows stay.
  void Forget(const std::string& id);

  // Stores the run and begins it, or goes on from a state that workflow::Resume made. `answer` is called when it is durable, or
  // with what is wrong.
  void Begin(const runs::RunRecord& record, std::function<void(Result<void>)> answer, workflow::RunState from = {});

  // Asks for the end of a run, or of one leg. kNotFound when there is no such run that goes on.
  Result<void> Cancel(const std::string& id, const std::string& leg, const std::string& reason);

  const workflow::RunState* Find(const std::string& id) const;
  const runs::RunRecord* FindRecord(const std::string& id) const;
  std::vector<std::string> Ids() const;

  // What a token for a cloud would say of a leg, and its steps that run now, by ordinal. Nothing when there is no such leg of a
  // run that goes on; no steps: none of it runs.
  struct TokenAsker {
    workflow::LegTokenFacts facts;
    std::vector<int> steps;
  };
  std::optional<TokenAsker> FindTokenAsker(const std::string& id, const std::string& leg) const;

  // Lets a leg into its environment, or ends its wait. Nothing for a run that is deciding: it is settled when it has decided.
  void LetIn(const std::string& id, const std::string& leg);
  void KeepOut(const std::string& id, workflow::EnvironmentLost lost);

  // Opens what waits, as far as there is room: for the owner of `jobs_at_once_max`, when that has changed.
  void OpenWaiting();

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;

  Result<workflow::RunSpec> MakeSpec(const runs::RunRecord& record) const;
  void GiveSettled(const std::string& id, workflow::RunEvent event);
  Result<void> TakeUp(const std::string& id, const RunRows& rows);
  void Give(const RunPtr& run, workflow::RunEvent event);
  void Pump(const RunPtr& run);
  void Committed(const RunPtr& run, std::deque<workflow::RunEvent> events, workflow::RunOutcome outcome,
                 const Result<void>& stored);
  void Wake(const RunPtr& run, Instant at);
  void Perform(const RunPtr& run);
  void PerformOne(const RunPtr& run, const workflow::RunCommand& command);
  LegServices ServicesOf(const RunPtr& run, const std::string& leg) const;
  std::size_t PlacesInUse() const;
  void Open(const RunPtr& run, const std::string& leg);
  void Load(const RunPtr& run, const std::string& leg, const std::string& uses);
  void Hash(const RunPtr& run, const workflow::RunCommand& command);
  void Start(const RunPtr& run, const workflow::RunCommand& command);
  void Signal(const RunPtr& run, const workflow::RunCommand& command);
  void Close(const RunPtr& run, const std::string& leg, int tries);
  void Look(const RunPtr& run, const std::string& leg);
  void TakeView(const RunPtr& run, const std::string& leg, const Result<PlaceView>& view);
  void SettleGroups();
  void Later(Instant at, std::function<void()> call);
  workflow::Moment Now() const;

  RunsParts parts_;
  std::function<void(const std::string&)> changed_;
  std::map<std::string, RunPtr> runs_;
  std::deque<std::pair<RunPtr, std::string>> waiting_;  // Legs that want a place, first come first served.
  std::shared_ptr<Runs*> self_;                         // Emptied at the end: answers that come later find nobody.
};

}  // namespace tuesday::control
