// SPDX-License-Identifier: Apache-2.0
// A Rollout as written, typed. `core/rollout/spec.h` is what it becomes once names are resolved and defaults are filled in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"
#include "base/time.h"
#include "core/manifest/analysis.h"
#include "core/manifest/pod.h"

namespace tuesday::manifest {

struct IntOrPercent {
  int value = 0;
  bool percent = false;
  friend bool operator==(const IntOrPercent&, const IntOrPercent&) = default;
};

struct StepSetWeight {
  int percent = 0;
};
struct StepPause {
  std::optional<Duration> duration;
};
struct StepSetCanaryScale {
  std::optional<int> replicas;
  std::optional<int> weight;
  bool match_traffic_weight = false;
};
struct StepAnalysis {
  AnalysisRef analysis;
};
// A step that is understood and refused by name until its issue: experiment, setHeaderRoute, setMirrorRoute, plugin.
struct StepUnsupported {
  std::string name;
};
struct Step {
  SourcePos at;
  std::variant<StepSetWeight, StepPause, StepSetCanaryScale, StepAnalysis, StepUnsupported> body;
};

struct TrafficRouting {
  std::string provider;                       // "nginx", "istio", ... as written; one machine routes by its own edge.
  std::vector<std::string> stable_ingresses;  // nginx: stableIngress or stableIngresses.
  int max_traffic_weight = 100;
};

struct CanaryStrategy {
  std::string canary_service;
  std::string stable_service;
  std::vector<Step> steps;
  std::optional<IntOrPercent> max_surge;
  std::optional<IntOrPercent> max_unavailable;
  std::optional<AnalysisRef> analysis;
  int analysis_starting_step = 0;
  std::optional<TrafficRouting> traffic_routing;
  std::optional<Duration> scale_down_delay;
  std::optional<Duration> abort_scale_down_delay;
  bool dynamic_stable_scale = false;
  std::optional<int> min_pods_per_replica_set;
  std::optional<int> scale_down_delay_revision_limit;
};

struct BlueGreenStrategy {
  std::string active_service;
  std::string preview_service;
  std::optional<int> preview_replicas;
  bool auto_promotion = true;
  Duration auto_promotion_after{};
  std::optional<AnalysisRef> pre_promotion_analysis;
  std::optional<AnalysisRef> post_promotion_analysis;
  std::optional<Duration> scale_down_delay;
  std::optional<Duration> abort_scale_down_delay;
  std::optional<int> scale_down_delay_revision_limit;
};

struct Rollout {
  int replicas = 1;
  std::map<std::string, std::string> match_labels;
  PodSpec pod;
  Duration min_ready{};
  std::optional<Duration> progress_deadline;
  bool progress_deadline_abort = false;
  int revision_history_limit = 10;
  std::optional<int> rollback_window;  // rollbackWindow.revisions.
  bool paused = false;
  std::optional<WallTime> restart_at;
  std::variant<CanaryStrategy, BlueGreenStrategy> strategy;
};

// The Services of both strategies: the one of the revision that answers requests (stable, active), and the one of the
// revision that is to come (canary, preview). Empty when not named.
struct ServiceNames {
  std::string stable;
  std::string next;
  std::string_view stable_field;  // "stableService"
  std::string_view next_field;
};
ServiceNames ServicesOf(const Rollout& rollout);

std::string_view StrategyKey(const Rollout& rollout);  // "canary", "blueGreen"

// Every analysis that the strategy names, in the order of rollout::Spec::analyses: those of steps, then the background
// one; before the promotion, then after it. Point into `rollout`.
std::vector<const AnalysisRef*> AnalysesOf(const Rollout& rollout);

}  // namespace tuesday::manifest
