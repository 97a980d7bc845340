// SPDX-License-Identifier: Apache-2.0
// The daemon's runner of analyses on a virtual clock: its queries run at once, its timers when the simulation says so.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/simulate/scripted_asker.h"
#include "control/analyses/runner.h"

namespace tuesday::cli::simulate {

class VirtualAnalyses {
 public:
  // `answers` must outlive it.
  using View = std::function<std::shared_ptr<const metrics::Source>(Instant)>;
  using Told = std::function<void(const audit::Entry&)>;
  VirtualAnalyses(const std::vector<manifest::Object>& objects, const Answers& answers, ClockJoin join, View view, Told told);

  // Runs the timers that are due. Times never go back.
  void RunUntil(Instant now);
  void Target(const control::JudgedRollout& rollout, const rollout::AnalysisTarget& target, Instant now);
  std::vector<rollout::AnalysisSeen> Seen(const RolloutName& name) const { return runner_.Seen(name); }
  std::optional<Instant> WakeAt() const;

 private:
  class VirtualClock : public Clock {
   public:
    Instant Now() const override { return now; }
    WallTime Wall() const override { return join.ToWall(now); }
    std::string BootId() const override { return "simulated"; }
    Instant now;
    ClockJoin join;
  };
  class Timers : public control::Executor {
   public:
    void Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) override;
    void At(Instant when, std::function<void()> call) override { timers.emplace(when, std::move(call)); }
    std::vector<std::function<void()>> done;
    std::multimap<Instant, std::function<void()>> timers;
  };

  void RunDone();

  VirtualClock clock_;
  Timers timers_;
  ScriptedAsker asker_;
  control::LiveAnalyses runner_;
};

}  // namespace tuesday::cli::simulate
