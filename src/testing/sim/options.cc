// SPDX-License-Identifier: Apache-2.0
#include "testing/sim/options.h"

#include <algorithm>

#include "core/rollout/blue_green.h"

namespace tuesday::sim {
namespace {

using std::chrono::seconds;

int Draw(Random& random, int permille_max) { return random.Chance(500) ? 0 : random.Below(permille_max + 1); }

rollout::Step DrawStep(Random& random, int weight_percent, const rollout::Spec& spec) {
  const int kind = random.Below(10);
  if (kind < 4) return rollout::SetWeight{Weight::Percent(weight_percent)};
  if (kind < 8) return rollout::Pause{random.Chance(100) ? std::nullopt : std::optional<Duration>(seconds(random.Below(60)))};
  if (kind == 8 && spec.canary.traffic_routed) {
    if (random.Chance(300)) return rollout::SetCanaryScale{.match_traffic_weight = true};
    return rollout::SetCanaryScale{.replicas = random.Between(1, 6)};
  }
  return rollout::AnalysisStep{0};
}

rollout::BlueGreenStrategy DrawBlueGreen(Random& random) {
  rollout::BlueGreenStrategy strategy;
  if (random.Chance(300)) strategy.preview_replicas = random.Between(1, 4);
  strategy.auto_promotion = random.Chance(800);
  strategy.auto_promotion_after = seconds(random.Below(30));
  if (random.Chance(300)) strategy.pre_analysis = 0;
  if (random.Chance(300)) strategy.post_analysis = 0;
  if (random.Chance(300)) strategy.abort_scale_down_delay = seconds(random.Below(3) * 10);
  if (random.Chance(300)) strategy.scale_down_delay = seconds(random.Below(3) * 10);
  return strategy;
}

}  // namespace

Faults DrawFaults(Random& random) {
  Faults faults;
  faults.spec_changes = 30;
  if (random.Chance(100)) return faults;
  faults.route_lost = Draw(random, 300);
  faults.route_late = Draw(random, 300);
  faults.route_doubled = Draw(random, 300);
  faults.edge_restart_old = Draw(random, 10);
  faults.sight_lost = Draw(random, 300);
  faults.sight_late = Draw(random, 300);
  faults.count_lost = Draw(random, 300);
  faults.count_doubled = Draw(random, 300);
  faults.instance_crash = Draw(random, 10);
  faults.instance_slow = Draw(random, 300);
  faults.ready_flap = Draw(random, 20);
  faults.gate_silent = Draw(random, 500);
  faults.gate_dark = Draw(random, 10);
  faults.gate_false_fail = Draw(random, 10);
  faults.analysis_error = Draw(random, 100);
  faults.analysis_inconclusive = Draw(random, 200);
  faults.store_fails = Draw(random, 200);
  faults.store_unknown = Draw(random, 200);
  faults.crash = Draw(random, 30);
  faults.stall = Draw(random, 20);
  faults.operator_acts = Draw(random, 60);
  faults.spec_changes = random.Between(5, 60);
  return faults;
}

rollout::Spec DrawSpec(Random& random, int index) {
  rollout::Spec spec;
  spec.name = {Namespace("default"), "api" + std::to_string(index)};
  spec.uid = Uid("uid" + std::to_string(index));
  spec.generation = Generation{1};
  spec.replicas = random.Chance(30) ? 0 : random.Between(1, 6);
  spec.min_ready = random.Chance(300) ? seconds(random.Below(10)) : Duration::zero();
  spec.progress_deadline = seconds(random.Between(60, 300));
  spec.progress_deadline_abort = random.Chance(500);
  spec.revision_history_limit = random.Below(4);
  spec.bake = random.Chance(200) ? Duration::zero() : seconds(random.Between(10, 120));
  spec.bake_keep = random.Chance(700) ? rollout::BakeKeep::kPredecessor : rollout::BakeKeep::kNone;
  spec.no_evidence = static_cast<rollout::NoEvidencePolicy>(random.Below(3));
  spec.analyses = {"success-rate"};
  if (random.Chance(250)) {
    spec.canary = rollout::StrategyOf(DrawBlueGreen(random));
    if (random.Chance(300)) spec.canary.scale_down_delay_revision_limit = random.Below(3);
    return spec;
  }
  rollout::CanaryStrategy& canary = spec.canary;
  canary.traffic_routed = random.Chance(750);
  canary.dynamic_stable_scale = canary.traffic_routed && random.Chance(200);
  if (random.Chance(300)) canary.abort_scale_down_delay = seconds(random.Below(3) * 10);
  if (random.Chance(300)) canary.scale_down_delay = seconds(random.Below(3) * 10);
  if (random.Chance(200)) canary.min_pods_per_replica_set = random.Between(1, 3);
  if (random.Chance(300)) canary.max_unavailable = {0, false};
  if (random.Chance(300)) canary.background_analysis = 0;
  canary.background_starting_step = random.Below(3);
  if (random.Chance(300)) canary.max_surge = {random.Between(1, 3), false};
  if (random.Chance(200)) spec.rollback_window = random.Between(1, 3);
  int weight = 0;
  for (int steps = random.Below(9); steps > 0; --steps) {
    weight = std::min(100, weight + random.Below(40));
    canary.steps.push_back(DrawStep(random, weight, spec));
  }
  return spec;
}

}  // namespace tuesday::sim
