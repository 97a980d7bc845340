// SPDX-License-Identifier: Apache-2.0
// What the fleet shows: values, copied on the loop's thread, that server, CLI and simulation may keep as long as they like.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/source.h"
#include "core/gate/verdict.h"
#include "core/rollout/spec.h"
#include "core/rollout/status.h"
#include "core/rollout/world.h"
#include "ports/workloads.h"
#include "wire/state/records.h"

namespace tuesday::control {

enum class RuleState { kInactive, kPending, kFiring };

// One signal of an attempt's gate: a rule, an analysis, restarts or hanging requests.
struct SignalView {
  std::string name;  // "CanaryHighErrorRate", "tuesday/restarts".
  bool counts = false;
  std::string standing;  // Why it counts or is only shown, in one sentence.
  RuleState state = RuleState::kInactive;
  gate::Finding finding;
  WallTime at{};  // Of the evaluation.
  friend bool operator==(const SignalView&, const SignalView&) = default;
};

// Everything about one rollout.
struct RolloutView {
  RolloutName name;
  rollout::Spec spec;
  rollout::Status status;
  rollout::World world;
  state::Exposure exposure;
  std::vector<InstanceState> instances;
  std::vector<SignalView> signals;
  std::vector<state::AttemptRecord> attempts;             // Oldest first; the last one is under way or the newest.
  std::map<RevisionId, std::vector<std::string>> images;  // References as written, by revision.
  std::string url;                                        // Where a person can reach it.
  std::string trouble;                                    // Why nothing moves although it should ("The store ..."), or empty.
  Instant at;                                             // Of this view.
  std::uint64_t version = 0;                              // Grows with every change of this rollout.
};

// What a step of a plan does, and for how long at least.
struct PlannedStep {
  std::string what;  // "setWeight 10 %", "pause 5m".
  Weight weight;     // In force from this step on.
  int canary_instances = 0;
  int stable_instances = 0;
  std::optional<Duration> dwell;  // None: until somebody promotes.
  std::string gate;               // What must pass before the next step: "rollout gate", "analysis success-rate", "".
};

enum class RolloutMove { kNone, kInitialDeploy, kCanary, kSettings, kRemoval };

// What an apply does, or would do, to one rollout.
struct RolloutPlan {
  RolloutName name;
  RolloutMove move = RolloutMove::kNone;
  RevisionId from;  // Empty on an initial deploy.
  RevisionId to;
  std::vector<PlannedStep> steps;
  Duration dwell_least{};          // Sum of the steps' dwell; pauses without an end are not in it.
  std::vector<std::string> gates;  // "CanaryHighErrorRate (counts): ...", one a line.
};

enum class ObjectChange { kUnchanged, kCreated, kConfigured, kDeleted, kAbsent };

struct AppliedObject {
  ObjectName name;
  ObjectChange change = ObjectChange::kUnchanged;
};

struct ApplyReport {
  std::uint64_t release = 0;  // 0: nothing changed, or only a plan.
  std::vector<AppliedObject> objects;
  std::vector<RolloutPlan> rollouts;
  std::vector<Finding> findings;  // Warnings and notes; errors make the apply fail.
  std::vector<std::string> said;  // Sentences for people: defaults that were made, what is not watched.
};

// Something that runs and belongs to no rollout that is known.
struct OrphanView {
  enum class Origin {
    kDeleted,  // Its rollout was deleted here: it is being stopped.
    kUnknown,  // Of another state, or of one that was lost: it is left alone.
  };
  RolloutName rollout;
  InstanceId instance;  // Empty: the rollout's route at the edge.
  Origin origin = Origin::kUnknown;
};

// What one of the outside parts looks like from here, for `status` and `doctor`.
struct Health {
  bool recovered = false;
  std::string store;      // Empty: well. Otherwise one sentence.
  std::string edge;       // "
  std::string workloads;  // "
  std::vector<OrphanView> orphans;
  std::uint64_t decisions = 0;
  std::uint64_t commits = 0;
  std::uint64_t commits_failed = 0;
  std::uint64_t performed = 0;
};

}  // namespace tuesday::control
