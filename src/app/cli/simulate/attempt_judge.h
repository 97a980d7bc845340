// SPDX-License-Identifier: Apache-2.0
// The gate of a simulated attempt: the rules and analyses of the files, evaluated at the daemon's instants over simulated
// traffic. Follows control/gate/rule_judge.cc, without what only a daemon needs (sealing, gaps in logs). One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/simulate/input.h"
#include "app/cli/simulate/traffic.h"
#include "app/cli/simulate/virtual_analyses.h"
#include "core/gate/rollout_gate.h"
#include "core/metrics/store.h"
#include "core/metrics/view.h"
#include "core/rollout/simulate.h"
#include "core/rules/alert.h"
#include "core/rules/verdict.h"

namespace tuesday::cli::simulate {

class AttemptJudge : public rollout::SimulatedAnalyses {
 public:
  // All must outlive it.
  AttemptJudge(const PlayInput& input, const PlayedRollout& rollout, const Script& script, std::uint64_t seed);

  gate::Finding Gate(const rollout::SimulatedMoment& moment);

  void Target(const rollout::AnalysisTarget& target, Instant now) override;
  std::vector<rollout::AnalysisSeen> Seen(const rollout::SimulatedMoment& moment) override;
  std::optional<Instant> WakeAt() const override { return analyses_.WakeAt(); }

  // The gate shall be asked this often, so that no tick of a rule is late.
  Duration GateInterval() const { return gate_interval_; }
  double canary_requests() const { return traffic_ ? traffic_->canary_requests() : 0; }
  const std::vector<rollout::SimulatedEvent>& events() const { return events_; }

 private:
  struct RuleCase {
    std::optional<rules::Standing> standing;
    bool reads_restarts = false;
    rules::AlertPhase phase = rules::AlertPhase::kInactive;
    gate::Finding finding;
  };
  struct GroupCase {
    rules::GroupState state;
    std::vector<RuleCase> rules;
    std::int64_t next_tick = 0;  // k of attempt start + k x interval.
    bool counts = false;         // One of its rules does.
  };

  void Advance(const rollout::SimulatedMoment& moment);
  std::shared_ptr<const metrics::Source> ViewAt(Instant at) const;
  void Evaluate(std::size_t index, Instant at, const rollout::SimulatedMoment& moment);
  void TakeRule(std::size_t index, std::size_t rule, const rules::Evaluation& evaluation, const metrics::Source& view,
                Instant at, const rollout::SimulatedMoment& moment);
  rules::Standing StandingOf(std::size_t index, std::size_t rule, bool fires_at_start, Instant at) const;
  gate::RolloutGateInput GateInput(const rollout::SimulatedMoment& moment) const;
  void Tell(const rollout::SimulatedMoment& moment, std::string kind, std::string message);
  int RestartsOf(const rollout::SimulatedMoment& moment) const;

  const PlayInput& input_;
  const PlayedRollout& rollout_;
  const Script& script_;
  std::uint64_t seed_;
  Duration sample_step_;
  Duration gate_interval_;
  metrics::SeriesStore store_;
  std::optional<Traffic> traffic_;
  rollout::Attempt attempt_;
  std::vector<GroupCase> groups_;
  gate::Verdict verdict_ = gate::Verdict::kNoEvidence;
  bool was_asked_ = false;
  std::vector<rollout::SimulatedEvent> events_;
  VirtualAnalyses analyses_;
};

}  // namespace tuesday::cli::simulate
