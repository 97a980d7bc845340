// SPDX-License-Identifier: Apache-2.0
// A world for tests of runs: it does what the machine asks for on a clock of its own and tells what happened. What a step does
// is given by its script.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/workflow/read.h"
#include "core/workflow/run/order.h"
#include "core/workflow/run/run.h"

namespace tuesday::workflow {

// What a step's command does: how it ends, when, and what it leaves behind.
struct Behaviour {
  int exit_code = 0;
  Duration takes = std::chrono::seconds(1);
  Pairs outputs;
  Pairs environment;
  std::vector<std::string> path;
  Pairs saved;
  std::vector<Annotation> annotations;
  bool heeds_interrupt = true;  // Otherwise only SIGKILL ends it.
};

class TestWorld {
 public:
  explicit TestWorld(std::string_view workflow);

  RunSpec spec;
  RunState state;
  std::map<std::string, Behaviour> behaviours;                             // By the script.
  std::map<std::string, std::string> hashes;                               // hashFiles() by its patterns.
  std::map<std::string, LoadedAction> actions;                             // By `uses`.
  std::vector<std::string> scripts;                                        // Begun, in order.
  std::map<std::string, std::map<std::string, std::string>> environments;  // By script.
  std::map<std::string, StepOrder> orders;                                 // By script.
  std::vector<std::string> signals;                                        // "script interrupt", in order.
  std::map<std::string, int> begun;                                        // By the command's id.
  std::vector<std::string> entries;                                        // Kinds.
  std::function<void(TestWorld&)> before_event;                            // Called before each event is given to the machine.

  void Begin();
  // Performs and waits until nothing more happens.
  void Run();
  void RunFor(Duration duration);
  void Cancel(const std::string& reason = "asked");

  const JobState& Job(std::string_view id) const;
  const StepState& StepOf(std::string_view job, std::string_view id) const;
  RunResult Result() const { return state.result; }
  Moment Now() const;

 private:
  struct Running {
    std::string leg;
    StepOrder order;
    Behaviour behaviour;
    Instant ends;
    bool ended = false;
    bool killed = false;
  };

  void Give(const RunEvent& event);
  bool PerformAll();
  void Perform(const RunCommand& command);
  void End(Running& running);
  // Goes to the next instant at which something happens; false when there is none before `until`.
  bool Advance(Instant until);

  Instant now_ = Instant{} + std::chrono::hours(1);
  std::optional<Instant> wake_at_;
  std::set<std::string> done_;
  std::map<std::string, Running> running_;
};

}  // namespace tuesday::workflow
