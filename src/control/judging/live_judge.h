// SPDX-License-Identifier: Apache-2.0
// The judge of the daemon: evaluates rule groups at their ticks over each attempt's own view, and combines them with analyses,
// restarts and hanging requests into the rollout gate. Loop thread only; evaluations run through the executor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/executor.h"
#include "control/judge.h"
#include "control/judging/evaluation_job.h"
#include "core/gate/rollout_gate.h"
#include "ports/clock.h"

namespace tuesday::control {

struct JudgeParts {
  const Clock& clock;
  Executor& executor;
  std::function<std::shared_ptr<const metrics::Source>()> snapshot;
  std::function<WallTime(Instant)> wall;
  std::function<Instant(WallTime)> boot;
  std::function<void(const RolloutName&)> changed;  // Look at this rollout again.
};

// An analysis of an attempt as the gate and people see it.
struct AnalysisSignal {
  AttemptId attempt;
  gate::AnalysisSaid said;
  gate::Finding finding;
};

class LiveJudge : public Judge {
 public:
  explicit LiveJudge(JudgeParts parts) : parts_(std::move(parts)), self_(std::make_shared<LiveJudge*>(this)) {}
  ~LiveJudge() override { *self_ = nullptr; }

  // Where to ask for analyses; called once when the daemon is put together.
  void SetAnalyses(std::function<std::vector<AnalysisSignal>(const RolloutName&)> analyses) { analyses_ = std::move(analyses); }

  void SetRules(const std::vector<manifest::Object>& rules) override;
  std::vector<Judged> Look(const JudgedRollout& rollout, Instant now) override;
  std::optional<rollout::GateSeen> Gate(const RolloutName& rollout) const override;
  std::vector<SignalView> Signals(const RolloutName& rollout) const override;
  std::optional<Instant> WakeAt(const RolloutName& rollout) const override;
  void Forget(const RolloutName& rollout) override { cases_.erase(rollout); }

  // The metrics of this moment as the attempt under way sees them; null when none is judged.
  std::shared_ptr<const metrics::Source> ViewOf(const RolloutName& rollout) const;

  // Findings about rule objects that could not be read, for `status` and the log.
  const std::vector<Finding>& rule_findings() const { return rule_findings_; }

 private:
  struct RuleObject {
    std::shared_ptr<const rules::Group> group;
    rules::ObjectAsks asks = rules::ObjectAsks::kNo;
  };
  // One attempt under judgement.
  struct Case {
    AttemptId attempt;
    rollout::Status status;  // As of the last look.
    state::Exposure exposure;
    metrics::ViewIdentity identity;
    std::vector<GroupRun> groups;
    std::vector<std::vector<JudgedRule>> rules;
    gate::InstancesSeen instances;
    std::map<InstanceId, int> restarts_before;
    rules::AttemptLabels labels;
    std::optional<Instant> evidence_from;
    double canary_requests = 0;
    bool evaluating = false;
    bool over = false;  // Ended: kept for people, judged no more.
    gate::Finding finding;
    std::vector<Judged> told;
  };

  void Begin(const JudgedRollout& rollout, Case& entry);
  void Update(const JudgedRollout& rollout, Case& entry);
  void CountRestarts(const JudgedRollout& rollout, Case& entry);
  void Schedule(const RolloutName& name, Case& entry, Instant now);
  void Take(const RolloutName& name, const AttemptId& attempt, EvaluationOutput output);
  void TellRules(Case& entry, const std::vector<std::vector<JudgedRule>>& before);
  void Combine(const RolloutName& name, Case& entry, Instant now);
  gate::RolloutGateInput InputOf(const RolloutName& name, const Case& entry, Instant now) const;
  std::optional<Instant> NextTick(const Case& entry) const;

  JudgeParts parts_;
  std::function<std::vector<AnalysisSignal>(const RolloutName&)> analyses_;
  std::vector<RuleObject> rules_;
  std::vector<Finding> rule_findings_;
  std::map<RolloutName, Case> cases_;
  std::shared_ptr<LiveJudge*> self_;  // Callbacks that come after our end find null.
};

}  // namespace tuesday::control
