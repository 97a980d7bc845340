// SPDX-License-Identifier: Apache-2.0
// Runs analyses as tuesday does, by core/analysis over specs that control/analyses resolves, with measurements that the
// simulated world takes: a job sleeps and exits as its command says, a web address answers what it is known for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/executor.h"
#include "control/judge.h"
#include "core/analysis/analysis.h"
#include "ports/clock.h"

namespace tuesday::scenarios {

class ScriptedAnalyses : public control::AnalysisRunner {
 public:
  using Changed = std::function<void(const RolloutName&, std::vector<audit::Entry>)>;

  ScriptedAnalyses(const Clock& clock, control::Executor& executor, Changed changed)
      : clock_(clock), executor_(executor), changed_(std::move(changed)) {}

  struct Run {
    rollout::AnalysisRunKey key;
    analysis::Spec spec;
    analysis::Status status;
    bool ending = false;
  };

  void SetObjects(const std::vector<manifest::Object>& objects) override { objects_ = objects; }
  void Target(const control::JudgedRollout& rollout, const rollout::AnalysisTarget& target) override;
  std::vector<rollout::AnalysisSeen> Seen(const RolloutName& rollout) const override;
  void Forget(const RolloutName&) override {}
  const control::Memory* MemoryOf(const RolloutName&) override { return nullptr; }
  Result<void> Restore(const RolloutName&, const std::vector<Row>&, const std::string&, Instant) override { return {}; }

  // Every run that there ever was, in the order of their beginnings.
  const std::vector<std::unique_ptr<Run>>& runs() const { return runs_; }

 private:
  Run* Find(const rollout::AnalysisRunKey& key) const;
  Result<analysis::Spec> SpecOf(const control::JudgedRollout& rollout, int index) const;
  void Step(const RolloutName& name, Run* run, const analysis::Event& event);
  void Measure(const RolloutName& name, Run* run, const analysis::Measure& command);

  const Clock& clock_;
  control::Executor& executor_;
  Changed changed_;
  std::vector<manifest::Object> objects_;
  std::vector<std::unique_ptr<Run>> runs_;
};

}  // namespace tuesday::scenarios
