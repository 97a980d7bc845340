// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/scale.h"

#include <algorithm>

#include "core/rollout/decide/restart.h"
#include "core/rollout/decide/route.h"

namespace tuesday::rollout {
namespace {

Share ShareOf(Weight weight) { return {weight.permille(), kFullWeight.permille()}; }

// The attempt's revision until it is given up or nothing more is to be judged.
bool IsAborted(const Attempt& attempt) { return attempt.stage == Stage::kAborting || attempt.stage == Stage::kAborted; }

bool LeavesAbortedUp(const Spec& spec) {
  return spec.canary.traffic_routed && spec.canary.abort_scale_down_delay == Duration::zero();
}

Group GroupOf(Turn& turn, const RevisionId& id) {
  const RevisionState* revision = FindRevision(turn.status, id);
  return {.spec = revision == nullptr ? 0 : revision->desired, .available = AvailableCount(turn, id)};
}

Counts BasicCounts(Turn& turn, const RevisionId& canary, const RevisionId& stable, Weight weight) {
  BasicMove move{.replicas = turn.spec.replicas,
                 .weight = ShareOf(weight),
                 .fence = ResolveFence(turn.spec.canary.max_surge, turn.spec.canary.max_unavailable, turn.spec.replicas),
                 .canary = GroupOf(turn, canary),
                 .stable = GroupOf(turn, stable)};
  for (const RevisionState& revision : turn.status.revisions) {
    if (revision.id != canary && revision.id != stable) move.older_spec += revision.desired;
  }
  return NextBasicCounts(move);
}

enum class Traffic { kCounts, kIgnored };

// With `kIgnored` what the step asks for; else also what the traffic that is still there needs.
Counts RoutedWanted(const Turn& turn, const Attempt& attempt, Traffic traffic) {
  const CanaryStrategy& strategy = turn.spec.canary;
  RoutedWant want{.replicas = turn.spec.replicas,
                  .weight = ShareOf(ApprovedWeight(turn.spec, attempt)),
                  .canary_scale = CanaryScaleInForce(turn.spec, attempt),
                  .dynamic_stable_scale = strategy.dynamic_stable_scale,
                  .min_pods = strategy.min_pods_per_replica_set,
                  .canary_traffic = ShareOf(kNoWeight),
                  .stable_traffic = ShareOf(kNoWeight)};
  if (traffic == Traffic::kCounts) {
    want.canary_traffic = ShareOf(CanaryTraffic(turn));
    want.stable_traffic = ShareOf(StableTraffic(turn));
  }
  return RoutedCounts(want);
}

// The revision that was stable before the attempt's, while that one is stable.
bool IsPredecessor(const Status& status, const RevisionId& id) {
  return status.attempt.has_value() && status.attempt->baseline == id && status.stable == status.attempt->revision;
}

Duration RetirementDelay(const Turn& turn, const RevisionState& revision) {
  const CanaryStrategy& strategy = turn.spec.canary;
  if (!strategy.traffic_routed) return Duration::zero();
  if (IsPredecessor(turn.status, revision.id)) return strategy.scale_down_delay.value_or(kScaleDownDelayDefault);
  const std::optional<Attempt>& attempt = turn.status.attempt;
  if (attempt.has_value() && IsAborted(*attempt) && attempt->revision == revision.id) {
    return strategy.abort_scale_down_delay.value_or(kScaleDownDelayDefault);
  }
  return Duration::zero();
}

// The revisions that the state of things gives a part: they are never retired.
bool HasPart(const Turn& turn, const RevisionId& id) {
  if (turn.status.stable == id) return true;
  const Attempt* attempt = InFlight(turn.status);
  return attempt != nullptr && attempt->revision == id;
}

// scaleDownDelayRevisionLimit: of the revisions that wait to be scaled down only the newest may.
bool IsBeyondWaitingLimit(const Turn& turn, const RevisionState& revision) {
  if (!turn.spec.canary.scale_down_delay_revision_limit.has_value()) return false;
  const auto newer = std::ranges::count_if(turn.status.revisions, [&](const RevisionState& other) {
    return other.number > revision.number && other.scale_down_at.has_value() && other.desired > 0;
  });
  return newer >= *turn.spec.canary.scale_down_delay_revision_limit;
}

int WantedOfRetired(Turn& turn, const RevisionState& revision) {
  const std::optional<Attempt>& attempt = turn.status.attempt;
  if (attempt.has_value() && IsAborted(*attempt) && attempt->revision == revision.id) {
    if (!turn.spec.canary.traffic_routed && turn.status.stable.has_value()) {
      return BasicCounts(turn, revision.id, *turn.status.stable, kNoWeight).canary;
    }
    if (attempt->stage == Stage::kAborting || LeavesAbortedUp(turn.spec)) return revision.desired;
  }
  const bool stands_by = IsPredecessor(turn.status, revision.id) && attempt->stage == Stage::kBaking;
  if (stands_by && turn.spec.bake_keep == BakeKeep::kPredecessor) return revision.desired;
  if (!revision.scale_down_at.has_value()) return revision.desired;
  if (*revision.scale_down_at <= turn.now || IsBeyondWaitingLimit(turn, revision)) return 0;
  WakeAt(turn, *revision.scale_down_at);
  return revision.desired;
}

// The canary that has the traffic is the one of the attempt, not one that was superseded.
bool IsClimbing(const Turn& turn, const Attempt& attempt) {
  const RevisionState* canary = FindRevision(turn.status, attempt.revision);
  return canary != nullptr && canary->slot == turn.status.route.canary_slot;
}

// How many instances stable gets when it has none that is ready and all others shall go: all, within maxSurge where it counts.
int RefugeCount(const Turn& turn, const RevisionState& stable) {
  const int replicas = turn.spec.replicas;
  if (turn.spec.canary.traffic_routed) return replicas;
  int others = 0;
  for (const RevisionState& revision : turn.status.revisions) {
    if (revision.id != stable.id) others += revision.desired;
  }
  const Fence fence = ResolveFence(turn.spec.canary.max_surge, turn.spec.canary.max_unavailable, replicas);
  return std::clamp(replicas + fence.surge - others, std::min(replicas, std::max(1, stable.desired)), replicas);
}

int WantedOf(Turn& turn, const RevisionState& revision) {
  if (!HasPart(turn, revision.id)) return WantedOfRetired(turn, revision);
  const Attempt* attempt = InFlight(turn.status);
  if (IsHalted(turn) && !(turn.status.attempt.has_value() && IsAborted(*turn.status.attempt))) return revision.desired;
  const bool refuge = turn.status.stable == revision.id && MustKeepCanary(turn);
  if (attempt == nullptr && refuge) return RefugeCount(turn, revision);
  if (attempt == nullptr || IsInitial(*attempt) || turn.status.stable == attempt->revision) return turn.spec.replicas;
  // Without a place to go back to nothing else can move, so that comes before the fence.
  if (refuge && !IsClimbing(turn, *attempt)) return RefugeCount(turn, revision);
  const Counts counts = NextCounts(turn, *attempt);
  return attempt->revision == revision.id ? counts.canary : counts.stable;
}

// The lowest slot that nobody holds, or -1.
int FreeSlot(const Status& status) {
  for (int slot = 0; slot < kSlotsMax; ++slot) {
    if (std::ranges::find(status.revisions, slot, &RevisionState::slot) == status.revisions.end()) return slot;
  }
  return -1;
}

// Whether the route still names an instance of the revision that `count` would stop, on a slot that takes requests.
bool IsServedBeyond(const Turn& turn, const RevisionState& revision, int count) {
  const Route& route = turn.status.route;
  const bool takes_requests = (revision.slot == route.stable_slot && route.weight < kFullWeight) ||
                              (revision.slot == route.canary_slot && route.weight > kNoWeight);
  const auto use = std::ranges::find(route.slots, revision.slot, &SlotUse::slot);
  if (!takes_requests || use == route.slots.end()) return false;
  const std::vector<InstanceId> kept = ServersOf(turn, revision.id, count);
  return std::ranges::any_of(turn.world.instances, [&](const InstanceSeen& seen) {
    const bool named = std::ranges::find(use->instances, seen.id) != use->instances.end();
    return named && seen.ordinal >= count && std::ranges::find(kept, seen.id) == kept.end();
  });
}

}  // namespace

std::optional<SetCanaryScale> CanaryScaleInForce(const Spec& spec, const Attempt& attempt) {
  if (attempt.stage != Stage::kStepping || !spec.canary.traffic_routed) return std::nullopt;
  for (int i = std::min(attempt.step, static_cast<int>(spec.canary.steps.size()) - 1); i >= 0; --i) {
    const auto* scale = std::get_if<SetCanaryScale>(&spec.canary.steps[static_cast<std::size_t>(i)]);
    if (scale == nullptr) continue;
    if (scale->match_traffic_weight) return std::nullopt;
    return *scale;
  }
  return std::nullopt;
}

Counts SettledCounts(const Turn& turn, const Attempt& attempt) {
  if (IsInitial(attempt)) return {.canary = turn.spec.replicas, .stable = 0};
  if (turn.spec.canary.traffic_routed) return RoutedWanted(turn, attempt, Traffic::kIgnored);
  const Fence fence = ResolveFence(turn.spec.canary.max_surge, turn.spec.canary.max_unavailable, turn.spec.replicas);
  return ApproximateSplit(turn.spec.replicas, ShareOf(ApprovedWeight(turn.spec, attempt)), fence.surge);
}

Counts NextCounts(Turn& turn, const Attempt& attempt) {
  if (turn.spec.canary.traffic_routed) return RoutedWanted(turn, attempt, Traffic::kCounts);
  return BasicCounts(turn, attempt.revision, *turn.status.stable, ApprovedWeight(turn.spec, attempt));
}

void SetDesired(Turn& turn, RevisionState& revision, int count) {
  Tell(turn, "rollout.scaled",
       "Scaled " + RevisionText(turn.status, revision.id) + " from " + std::to_string(revision.desired) + " to " +
           std::to_string(count) + " instances.",
       {{"scaled_revision", revision.id.str()}, {"from", revision.desired}, {"to", count}});
  revision.desired = count;
}

WantedCounts WantedInstances(Turn& turn) {
  WantedCounts wanted;
  for (const RevisionState& revision : turn.status.revisions) {
    const int surge = IsHalted(turn) ? 0 : RestartSurge(turn, revision);
    wanted[revision.id] = surge > 0 ? turn.spec.replicas + surge : WantedOf(turn, revision);
  }
  return wanted;
}

void Grow(Turn& turn, const WantedCounts& wanted) {
  for (RevisionState& revision : turn.status.revisions) {
    const int count = wanted.at(revision.id);
    const bool needs_slot = revision.slot < 0 && (count > 0 || turn.status.stable == revision.id);
    if (needs_slot) {
      revision.slot = FreeSlot(turn.status);
      if (revision.slot >= 0) turn.changed = true;
    }
    if (count <= revision.desired) continue;
    if (revision.slot < 0) {
      turn.waiting_for = "waiting for a free slot: all " + std::to_string(kSlotsMax) + " still have instances or connections";
      continue;
    }
    SetDesired(turn, revision, count);
  }
}

void Shrink(Turn& turn, const WantedCounts& wanted) {
  if (!IsRouteAcknowledged(turn)) return;
  for (RevisionState& revision : turn.status.revisions) {
    const int count = wanted.at(revision.id);
    if (count < revision.desired && !IsServedBeyond(turn, revision, count)) SetDesired(turn, revision, count);
  }
}

void RetireIdle(Turn& turn) {
  const bool acknowledged = IsRouteAcknowledged(turn);
  for (RevisionState& revision : turn.status.revisions) {
    if (HasPart(turn, revision.id) || revision.desired == 0) {
      revision.scale_down_at.reset();
      continue;
    }
    if (revision.scale_down_at.has_value() || !acknowledged || HasTraffic(turn.status, revision.id)) continue;
    if (RevisionState* retired = FindRevision(turn.status, revision.id)) {
      retired->scale_down_at = turn.now + RetirementDelay(turn, revision);
      turn.changed = true;
    }
  }
}

void ReleaseSlots(Turn& turn) {
  if (!turn.world.route.has_value() || !IsRouteAcknowledged(turn)) return;
  for (RevisionState& revision : turn.status.revisions) {
    if (revision.slot < 0 || revision.desired > 0 || HasPart(turn, revision.id)) continue;
    if (turn.status.route.stable_slot == revision.slot || turn.status.route.canary_slot == revision.slot) continue;
    const auto open = turn.world.route->open_connections.find(revision.slot);
    const bool connected = open != turn.world.route->open_connections.end() && open->second > 0;
    if (connected ||
        std::ranges::find(turn.world.instances, revision.id, &InstanceSeen::revision) != turn.world.instances.end()) {
      continue;
    }
    revision.slot = -1;
    turn.changed = true;
  }
}

void ForgetOldRevisions(Turn& turn) {
  const auto forgettable = [&](const RevisionState& revision) {
    const std::optional<Attempt>& attempt = turn.status.attempt;
    const bool named = attempt.has_value() && (attempt->revision == revision.id || attempt->baseline == revision.id);
    return revision.slot < 0 && revision.desired == 0 && turn.status.stable != revision.id && !named &&
           turn.spec.revision != revision.id;
  };
  auto& revisions = turn.status.revisions;
  auto surplus = std::ranges::count_if(revisions, forgettable) - std::max(0, turn.spec.revision_history_limit);
  std::erase_if(revisions, [&](const RevisionState& revision) { return forgettable(revision) && surplus-- > 0; });
}

}  // namespace tuesday::rollout
