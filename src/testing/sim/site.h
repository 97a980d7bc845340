// SPDX-License-Identifier: Apache-2.0
// The outside of one simulated rollout: instances that start, crash, hang and stop; an edge that applies routes by epoch; a
// gate that judges what traffic has shown. It obeys targets and knows nothing of decisions.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/rollout/reconcile.h"
#include "testing/sim/options.h"
#include "testing/sim/random.h"

namespace tuesday::sim {

enum class Quality { kHealthy, kErrors, kCrashes, kNeverReady };

// How the revision behaves, drawn when it is first applied.
struct RevisionTruth {
  Quality quality = Quality::kHealthy;
};

struct SimInstance {
  rollout::InstanceSeen seen;
  Instant ready_at;  // When it becomes ready, if it is not.
  Instant gone_at;   // When it is gone, once it stops.
};

class Site {
 public:
  Site(const Faults& faults, Random random) : faults_(faults), random_(random) {}

  void Introduce(const RevisionId& revision, Quality quality) { truths_[revision] = {quality}; }
  Quality QualityOf(const RevisionId& revision) const;

  // Targets arrive. Each names the number of its order; older ones are refused, equal ones harmless. SetCount returns what
  // is wrong with it: an instance that the edge still sends requests to was told to stop.
  void ApplyRoute(const rollout::Route& route, Instant now);
  std::string ApplyCount(const rollout::CountTarget& target, std::uint64_t order, Instant now);
  void ApplyAnalysis(const rollout::AnalysisTarget& target, Instant now);

  // Time goes on: instances start, crash and go; the gate gathers evidence on `attempt`.
  void Tick(Instant now, const std::optional<rollout::Attempt>& attempt);
  void RestartEdgeWithOldRoute(Instant now);

  rollout::World Observe(Instant now) const;
  void Heal() {
    faults_ = {};
    gate_dark_until_ = {};
  }

  const rollout::Route& edge() const { return edge_; }
  bool edge_was_reverted() const { return edge_was_reverted_; }

 private:
  void TickInstance(SimInstance& instance, Instant now);
  void TickGate(Instant now, const rollout::Attempt& attempt);
  void TickAnalyses(Instant now);
  bool IsServer(const InstanceId& id) const;

  Faults faults_;
  Random random_;
  std::map<RevisionId, RevisionTruth> truths_;
  std::map<InstanceId, SimInstance> instances_;
  std::map<RevisionId, std::uint64_t> count_orders_;
  rollout::Route edge_;
  rollout::Route edge_before_;
  bool edge_was_reverted_ = false;
  std::map<InstanceId, Instant> server_since_;
  std::optional<rollout::GateSeen> gate_;
  std::map<AttemptId, int> exposed_seconds_;
  std::map<rollout::AnalysisRunKey, std::pair<rollout::AnalysisPhase, Instant>> analyses_;
  Instant last_tick_;
  Instant gate_dark_until_;
};

}  // namespace tuesday::sim
