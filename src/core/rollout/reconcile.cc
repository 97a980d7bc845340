// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/reconcile.h"

#include <algorithm>

#include "core/rollout/decide/attempt.h"
#include "core/rollout/decide/by_hand.h"
#include "core/rollout/decide/judge.h"
#include "core/rollout/decide/phase.h"
#include "core/rollout/decide/removal.h"
#include "core/rollout/decide/restart.h"
#include "core/rollout/decide/route.h"
#include "core/rollout/decide/scale.h"
#include "core/rollout/decide/steps.h"

namespace tuesday::rollout {
namespace {

// Each round moves something, and an attempt has at most kStepsMax steps and a few stages to move through.
constexpr int kRoundsMax = 4 * kStepsMax;

int RunningCount(const World& world, const RevisionId& revision) {
  return static_cast<int>(std::ranges::count_if(
      world.instances, [&](const InstanceSeen& instance) { return instance.revision == revision && !instance.stopping; }));
}

bool RunsOneOf(const World& world, const RevisionId& revision, const OrdinalRange& batch) {
  return std::ranges::any_of(world.instances, [&](const InstanceSeen& instance) {
    return instance.revision == revision && !instance.stopping && instance.ordinal >= batch.begin &&
           instance.ordinal < batch.end;
  });
}

// Whether the revision runs what it should: as many as asked for can still be the wrong ones, when a batch of a restart went
// while the count changed.
bool RunsAllOf(const World& world, const RevisionState& revision, const OrdinalRange& out) {
  for (int ordinal = 0; ordinal < revision.desired; ++ordinal) {
    if (ordinal >= out.begin && ordinal < out.end) continue;
    if (!RunsOneOf(world, revision.id, {ordinal, ordinal + 1})) return false;
  }
  return true;
}

// Instances of revisions that the status does not know (after a restore) go, once the edge routes as we say.
void StrayTargets(const Turn& turn, std::vector<Effect>& effects) {
  if (!IsRouteAcknowledged(turn)) return;
  std::vector<RevisionId> strays;
  for (const InstanceSeen& instance : turn.world.instances) {
    if (!instance.stopping && FindRevision(turn.status, instance.revision) == nullptr) strays.push_back(instance.revision);
  }
  std::ranges::sort(strays);
  const auto rest = std::ranges::unique(strays);
  strays.erase(rest.begin(), rest.end());
  for (RevisionId& stray : strays) effects.emplace_back(CountTarget{std::move(stray), 0});
}

std::vector<Effect> Effects(const Turn& turn) {
  std::vector<Effect> effects;
  if (turn.status.route.epoch.value > 0 && !IsRouteAcknowledged(turn)) effects.emplace_back(RouteTarget{turn.status.route});
  for (const RevisionState& revision : turn.status.revisions) {
    const std::optional<OrdinalRange> out = StoppedBatchOf(revision);
    const int stopped = out.has_value() ? out->end - out->begin : 0;
    const bool none_of_batch = !out.has_value() || !RunsOneOf(turn.world, revision.id, *out);
    const bool as_many = RunningCount(turn.world, revision.id) == revision.desired - stopped;
    if (as_many && none_of_batch && RunsAllOf(turn.world, revision, out.value_or(OrdinalRange{}))) continue;
    effects.emplace_back(CountTarget{revision.id, revision.desired, out});
  }
  StrayTargets(turn, effects);
  const std::vector<AnalysisRunKey> wanted = AnalysesWanted(turn);
  for (const AnalysisRunKey& key : wanted) {
    if (SeenRun(turn.world, key) == nullptr) effects.emplace_back(AnalysisTarget{key, true});
  }
  for (const AnalysisSeen& seen : turn.world.analyses) {
    const bool under_way = seen.phase == AnalysisPhase::kPending || seen.phase == AnalysisPhase::kRunning;
    if (under_way && std::ranges::find(wanted, seen.key) == wanted.end()) effects.emplace_back(AnalysisTarget{seen.key, false});
  }
  return effects;
}

void DecideOnce(Turn& turn) {
  turn.waiting_for.clear();
  turn.wake_at.reset();
  Judge(turn);
  TakeRestartAt(turn);
  Advance(turn);
  AdvanceRestarts(turn);
  RetireIdle(turn);
  const WantedCounts wanted = WantedInstances(turn);
  Grow(turn, wanted);
  Steer(turn, wanted);
  Shrink(turn, wanted);
  ReleaseSlots(turn);
  ForgetOldRevisions(turn);
}

}  // namespace

Outcome Reconcile(const Spec& spec, Status status, const World& world, Instant now) {
  Turn turn{
      .spec = spec, .world = world, .now = now, .status = std::move(status), .entries = {}, .wake_at = {}, .waiting_for = {}};
  if (spec.removal.has_value()) return TakeAway(std::move(turn));
  TakeRestartAt(turn);  // Before a revision of this spec begins: its instances are started since.
  AdoptSpec(turn);
  AdoptByHand(turn);
  for (int round = 0; round < kRoundsMax; ++round) {
    turn.changed = false;
    DecideOnce(turn);
    if (!turn.changed) break;
  }
  SettlePhase(turn);
  std::vector<Effect> effects = Effects(turn);
  return {.status = std::move(turn.status),
          .effects = std::move(effects),
          .entries = std::move(turn.entries),
          .wake_at = turn.wake_at};
}

}  // namespace tuesday::rollout
