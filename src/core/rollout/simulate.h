// SPDX-License-Identifier: Apache-2.0
// Plays one spec in virtual time: the real machine against instances that start and an edge that obeys, with a gate passed in
// as a callback. What `tuesday simulate` prints. Pure; a 20-minute canary takes milliseconds.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/rollout/reconcile.h"

namespace tuesday::rollout {

// What the callback is asked at each tick while an attempt is judged.
struct SimulatedMoment {
  AttemptId attempt;
  Instant now;
  Duration since_attempt{};
  Weight weight;  // Share of the canary as the edge does it now.
  int canary_instances = 0;
  int stable_instances = 0;
  Stage stage = Stage::kStepping;
  const Attempt* judged = nullptr;                       // Both are good during the call only.
  const std::vector<InstanceSeen>* instances = nullptr;  // Of every revision.
};

// Runs the analyses of a simulated rollout. Without one they end after `analysis_time` as `analysis_ends` says.
class SimulatedAnalyses {
 public:
  virtual ~SimulatedAnalyses() = default;

  // What shall be true from `now` on; may be repeated.
  virtual void Target(const AnalysisTarget& target, Instant now) = 0;
  // Every run as it stands. Asked at each moment of an attempt that is judged, before the gate.
  virtual std::vector<AnalysisSeen> Seen(const SimulatedMoment& moment) = 0;
  virtual std::optional<Instant> WakeAt() const = 0;
};

struct Scenario {
  Duration instance_start = std::chrono::seconds(2);    // From asked for to ready.
  Duration edge_delay = std::chrono::milliseconds(50);  // From asked for to acknowledged.
  Duration edge_check = std::chrono::seconds(1);        // From in the route to found up.
  Duration gate_interval = std::chrono::seconds(15);
  bool canary_becomes_ready = true;
  std::optional<Duration> canary_crash_after;  // Each process of the new revision ends so long after it became ready.
  Duration analysis_time = std::chrono::minutes(1);
  AnalysisPhase analysis_ends = AnalysisPhase::kSuccessful;
  bool promote_endless_pauses = true;  // Somebody promotes a pause without duration after a minute.
  Duration time_max = std::chrono::hours(24);
  std::function<gate::Finding(const SimulatedMoment&)> gate;  // Empty: always pass.
  SimulatedAnalyses* analyses = nullptr;
};

// One line of the timeline: what happened, and how things stood then.
struct SimulatedEvent {
  Duration at{};  // Since the new revision was applied.
  std::string kind;
  std::string message;
  int step = 0;
  Weight weight;
  int canary_instances = 0;
  int stable_instances = 0;
  gate::Verdict verdict = gate::Verdict::kNoEvidence;
};

struct Simulation {
  std::vector<SimulatedEvent> timeline;
  Ending ending = Ending::kNone;  // kNone: still under way at `time_max`.
  Phase phase = Phase::kProgressing;
  std::string message;
  Duration took{};  // Until the attempt ended, its bake included.
  std::uint64_t decisions = 0;
};

// Lets `before` be stable and applies `spec`, whose revision must be another one.
Simulation Simulate(const Spec& spec, const RevisionId& before, const Scenario& scenario);

}  // namespace tuesday::rollout
