// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/removal.h"

#include <algorithm>

#include "core/rollout/decide/attempt.h"
#include "core/rollout/decide/scale.h"

namespace tuesday::rollout {
namespace {

bool IsUnrouted(const World& world) { return world.route.has_value() && world.route->route.slots.empty(); }

// As long as a revision that lost its traffic in any other way.
Duration DrainTime(const Spec& spec) {
  return spec.canary.traffic_routed ? spec.canary.scale_down_delay.value_or(kScaleDownDelayDefault) : Duration::zero();
}

void Begin(Turn& turn) {
  turn.status.observed = turn.spec.generation;
  if (turn.status.removal.has_value()) return;
  Supersede(turn, "The rollout was deleted.");
  turn.status.removal = RemovalState{.began = turn.now, .unrouted_at = {}, .gone_at = {}};
  turn.status.operator_paused = false;
  const Removal& asked = *turn.spec.removal;
  Tell(turn, "rollout.removal_began",
       "Deleted" + (asked.by.empty() ? "" : " by " + asked.by) + (asked.reason.empty() ? "" : ": " + asked.reason) +
           ". Its route goes first, then its instances.",
       {{"by", asked.by}, {"reason", asked.reason}});
}

void Unroute(Turn& turn) {
  Route& route = turn.status.route;
  if (!route.slots.empty()) {
    std::uint64_t newest = route.epoch.value;
    if (turn.world.route.has_value()) newest = std::max(newest, turn.world.route->route.epoch.value);
    route = Route{.epoch = Epoch{newest + 1}, .stable_slot = 0, .canary_slot = 0, .weight = kNoWeight, .slots = {}};
  }
  RemovalState& removal = *turn.status.removal;
  if (!IsUnrouted(turn.world)) {
    removal.unrouted_at.reset();
  } else if (!removal.unrouted_at.has_value()) {
    removal.unrouted_at = turn.now;
    if (removal.gone_at.has_value()) return;
    Tell(turn, "rollout.unrouted", "The edge gives it no request any more.", {{"epoch", route.epoch.value}});
  }
}

bool IsDrained(const Turn& turn) {
  const std::optional<Instant>& since = turn.status.removal->unrouted_at;
  return since.has_value() && turn.now >= *since + DrainTime(turn.spec);
}

// Once told to stop they stay so, also when the route comes back for a moment: it has no healthy server then.
void StopInstances(Turn& turn) {
  if (!IsDrained(turn)) return;
  for (RevisionState& revision : turn.status.revisions) {
    if (revision.desired > 0) SetDesired(turn, revision, 0);
    revision.slot = -1;
    revision.scale_down_at.reset();
  }
}

bool WantsInstances(const Status& status) {
  return std::ranges::any_of(status.revisions, [](const RevisionState& revision) { return revision.desired > 0; });
}

void NoteEnd(Turn& turn) {
  RemovalState& removal = *turn.status.removal;
  if (removal.gone_at.has_value() || !IsDrained(turn) || !turn.world.instances.empty()) return;
  removal.gone_at = turn.now;
  Tell(turn, "rollout.removed", "Nothing of it is left: no route, no instance.");
}

std::string Remaining(const Turn& turn) {
  const RemovalState& removal = *turn.status.removal;
  if (removal.gone_at.has_value()) return "deleted";
  if (!removal.unrouted_at.has_value()) return "being deleted: its route is taken away";
  if (!IsDrained(turn)) return "being deleted: open requests have " + DurationText(DrainTime(turn.spec)) + " to end";
  return "being deleted: its instances stop";
}

void AddEnds(const World& world, std::vector<Effect>& effects) {
  for (const AnalysisSeen& seen : world.analyses) {
    const bool under_way = seen.phase == AnalysisPhase::kPending || seen.phase == AnalysisPhase::kRunning;
    if (under_way) effects.emplace_back(AnalysisTarget{seen.key, false});
  }
}

}  // namespace

std::vector<Effect> Sweep(const World& world) {
  std::vector<Effect> effects;
  if (world.route.has_value() && !IsUnrouted(world)) effects.emplace_back(RouteTarget{Route{}});
  std::vector<RevisionId> running;
  for (const InstanceSeen& instance : world.instances) {
    if (!instance.stopping) running.push_back(instance.revision);
  }
  std::ranges::sort(running);
  const auto rest = std::ranges::unique(running);
  running.erase(rest.begin(), rest.end());
  for (RevisionId& revision : running) effects.emplace_back(CountTarget{std::move(revision), 0});
  return effects;
}

Outcome TakeAway(Turn turn) {
  Begin(turn);
  Unroute(turn);
  StopInstances(turn);
  NoteEnd(turn);
  turn.status.phase = Phase::kProgressing;
  turn.status.message = Remaining(turn);
  std::vector<Effect> effects;
  for (Effect& effect : Sweep(turn.world)) {
    if (std::holds_alternative<RouteTarget>(effect)) {
      effects.emplace_back(RouteTarget{turn.status.route});
    } else if (!WantsInstances(turn.status)) {
      effects.push_back(std::move(effect));
    }
  }
  AddEnds(turn.world, effects);
  const std::optional<Instant>& unrouted_at = turn.status.removal->unrouted_at;
  if (unrouted_at.has_value() && !IsDrained(turn)) WakeAt(turn, *unrouted_at + DrainTime(turn.spec));
  return {.status = std::move(turn.status),
          .effects = std::move(effects),
          .entries = std::move(turn.entries),
          .wake_at = turn.wake_at};
}

}  // namespace tuesday::rollout
