// SPDX-License-Identifier: Apache-2.0
// What a rollout shall do, as values: the manifest after defaults, annotations and image references are resolved.
// Field meanings are those of Argo Rollouts 1.9 (pkg/apis/rollouts/v1alpha1) unless a comment says otherwise.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "base/weight.h"

namespace tuesday::rollout {

// The true share of requests: maxTrafficWeight is divided out already.
struct SetWeight {
  Weight weight;
  friend bool operator==(const SetWeight&, const SetWeight&) = default;
};

// Without a duration it ends when somebody promotes.
struct Pause {
  std::optional<Duration> duration;
  friend bool operator==(const Pause&, const Pause&) = default;
};

// Exactly one of the three is set. Sticky until the next one.
struct SetCanaryScale {
  std::optional<int> replicas;
  std::optional<int> weight_percent;
  bool match_traffic_weight = false;
  friend bool operator==(const SetCanaryScale&, const SetCanaryScale&) = default;
};

// Runs the analysis of this index in `Spec::analyses`; the step ends when it is successful.
struct AnalysisStep {
  int analysis = 0;
  friend bool operator==(const AnalysisStep&, const AnalysisStep&) = default;
};

using Step = std::variant<SetWeight, Pause, SetCanaryScale, AnalysisStep>;

// A number of instances or a share of `replicas`.
struct CountOrPercent {
  int value = 0;
  bool percent = false;
  friend bool operator==(const CountOrPercent&, const CountOrPercent&) = default;
};

// What to do when the gate has shown nothing by the evidence deadline (annotation tuesday/no-evidence).
enum class NoEvidencePolicy { kAbortAfterDeadline, kFail, kHold };

enum class BakeKeep { kPredecessor, kNone };  // Annotation tuesday/bake-keep.

struct CanaryStrategy {
  std::vector<Step> steps;
  CountOrPercent max_surge{25, true};
  CountOrPercent max_unavailable{25, true};
  bool traffic_routed = false;                         // `trafficRouting` was given: instances and weight are independent.
  std::optional<Duration> scale_down_delay;            // Default 30 s, when traffic-routed.
  std::optional<Duration> abort_scale_down_delay;      // Default 30 s, when traffic-routed; 0 leaves the canary up.
  std::optional<int> scale_down_delay_revision_limit;  // Of those that wait to be scaled down this many stay. Unset: all.
  bool dynamic_stable_scale = false;
  std::optional<int> min_pods_per_replica_set;
  int max_traffic_weight = 100;
  int background_analysis = -1;  // Index in `Spec::analyses`, or -1.
  int background_starting_step = 0;
  bool flips = false;      // Blue-green: all requests go over at once, and stay while one instance can answer them.
  int post_analysis = -1;  // Runs after they went over and before the revision is stable: index in `Spec::analyses`, or -1.

  friend bool operator==(const CanaryStrategy&, const CanaryStrategy&) = default;
};

// Somebody deleted the rollout: nothing shall be left of it.
struct Removal {
  std::string by;
  std::string reason;
  friend bool operator==(const Removal&, const Removal&) = default;
};

// Everything that the machine reads. Equal specs decide equally.
struct Spec {
  RolloutName name;
  Uid uid;
  Generation generation;
  int replicas = 1;
  Duration min_ready{};
  Duration progress_deadline = std::chrono::seconds(600);
  bool progress_deadline_abort = false;
  bool paused = false;
  int revision_history_limit = 10;
  std::optional<int> rollback_window;  // The way back to one of so many revisions before the present one takes no steps.
  std::optional<WallTime> restart_at;  // Instances from before it are started anew once it has come.
  CanaryStrategy canary;
  RevisionId revision;                // Of the template as resolved: what shall become stable.
  std::vector<std::string> analyses;  // Names for people; their specs belong to core/analysis.
  NoEvidencePolicy no_evidence = NoEvidencePolicy::kAbortAfterDeadline;
  Duration bake = std::chrono::minutes(10);
  BakeKeep bake_keep = BakeKeep::kPredecessor;
  std::optional<Removal> removal;  // Never taken back: whoever wants the rollout again applies it when it is gone.

  friend bool operator==(const Spec&, const Spec&) = default;
};

constexpr int kSlotsMax = 6;  // HAProxy backends a rollout has; a running revision occupies one.
constexpr int kStepsMax = 200;
constexpr int kReplicasMax = 1000;

}  // namespace tuesday::rollout
