// SPDX-License-Identifier: Apache-2.0
// What the machine is told: a full snapshot of one rollout's instances, its route as read back, its gate and its
// analyses. Level-triggered: a lost event costs a delay and never correctness.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "base/weight.h"
#include "core/gate/verdict.h"

namespace tuesday::rollout {

struct InstanceSeen {
  InstanceId id;
  RevisionId revision;
  bool ready = false;
  std::optional<Instant> ready_since;  // Set while ready.
  bool stopping = false;               // Told to stop; takes no new request.
  int restarts = 0;                    // Of the process in it, since the instance began.
  std::optional<Instant> started_at;   // Of the instance, whatever processes it had.
  int ordinal = 0;                     // Its number in its revision: a shrinking revision loses the highest first.
  std::string trouble;                 // Why it is not ready, in one sentence; empty while it is.
  friend bool operator==(const InstanceSeen&, const InstanceSeen&) = default;
};

// A slot of the route: the revision that occupies it and the instances that are its servers.
struct SlotUse {
  int slot = 0;
  RevisionId revision;
  std::vector<InstanceId> instances;  // Sorted.
  friend bool operator==(const SlotUse&, const SlotUse&) = default;
};

// The whole route of one rollout: one atomic value at the edge. `canary_slot` equals `stable_slot` when there is none.
struct Route {
  Epoch epoch;
  int stable_slot = 0;
  int canary_slot = 0;
  Weight weight;               // Share of `canary_slot`.
  std::vector<SlotUse> slots;  // Sorted by slot.
  friend bool operator==(const Route&, const Route&) = default;
};

// Somebody put the route back by hand while no daemon answered. The edge keeps it until a daemon gives it a newer route.
struct ByHand {
  RevisionId from;  // Lost its requests.
  RevisionId to;    // Serves everything.
  std::string by;
  std::string reason;  // Empty: none was given.
  std::string at;      // RFC 3339, of the wall clock.
  friend bool operator==(const ByHand&, const ByHand&) = default;
};

// What the edge has been seen to do.
struct RouteSeen {
  Route route;                          // As read back: its epoch is the acknowledgement.
  std::vector<InstanceId> serving;      // Servers that the edge's own health check found up. Sorted.
  std::map<int, int> open_connections;  // By slot, with those of revisions that drain.
  std::optional<ByHand> by_hand = std::nullopt;
  friend bool operator==(const RouteSeen&, const RouteSeen&) = default;
};

// The rollout gate of one attempt, all its parts taken together (core/gate, control).
struct GateSeen {
  AttemptId attempt;
  gate::Finding finding;  // `kFail` ends the attempt; only `kPass` lets it leave a step.
  friend bool operator==(const GateSeen&, const GateSeen&) = default;
};

// Argo's words.
enum class AnalysisPhase { kPending, kRunning, kSuccessful, kFailed, kError, kInconclusive };

// Which run: one for each (attempt, analysis, step); the background run has step -1. `round` counts runs begun again
// after an inconclusive one was resumed.
struct AnalysisRunKey {
  AttemptId attempt;
  int analysis = 0;
  int step = -1;
  int round = 0;
  friend auto operator<=>(const AnalysisRunKey&, const AnalysisRunKey&) = default;
};

struct AnalysisSeen {
  AnalysisRunKey key;
  AnalysisPhase phase = AnalysisPhase::kPending;
  std::string message;
  int measurements_passed = 0;  // What the gate counts as evidence while the run goes on.
  bool asks_others = false;     // None of what decides it is measured on the canary's requests.
  friend bool operator==(const AnalysisSeen&, const AnalysisSeen&) = default;
};

struct World {
  std::vector<InstanceSeen> instances;  // Of every revision of this rollout, sorted by id.
  std::optional<RouteSeen> route;       // Empty: the edge has not answered since the daemon started.
  std::optional<GateSeen> gate;
  std::vector<AnalysisSeen> analyses;
  std::optional<Instant> restart_at;  // Spec::restart_at on this boot's clock.
  friend bool operator==(const World&, const World&) = default;
};

}  // namespace tuesday::rollout
