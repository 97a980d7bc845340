// SPDX-License-Identifier: Apache-2.0
// The gate of a simulated attempt: the rules and analyses of the files, by the daemon's own judgement (core/judge) at the
// daemon's instants, over simulated traffic. One thread.
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
#include "core/judge/attempt_case.h"
#include "core/metrics/store.h"
#include "core/metrics/view.h"
#include "core/rollout/simulate.h"

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
  void Advance(const rollout::SimulatedMoment& moment);
  std::shared_ptr<const metrics::Source> ViewAt(Instant at) const;
  void Take(const judge::Tick& tick, const rollout::SimulatedMoment& moment);
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
  metrics::RoleLabels role_labels_;
  std::optional<Traffic> traffic_;
  rollout::Attempt attempt_;
  judge::AttemptCase stands_;
  gate::Verdict verdict_ = gate::Verdict::kNoEvidence;
  bool was_asked_ = false;
  std::vector<rollout::SimulatedEvent> events_;
  VirtualAnalyses analyses_;
};

}  // namespace tuesday::cli::simulate
