// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/route.h"

#include <algorithm>

namespace tuesday::rollout {
namespace {

// The last setWeight among the first `end` steps.
Weight LastSetWeight(const Spec& spec, int end) {
  for (int i = std::min(end, static_cast<int>(spec.canary.steps.size())) - 1; i >= 0; --i) {
    if (const auto* set = std::get_if<SetWeight>(&spec.canary.steps[static_cast<std::size_t>(i)])) return set->weight;
  }
  return kNoWeight;
}

// Without traffic routing the share follows the instances that can serve: stable's go while the canary's come.
Weight WeightOfInstances(Turn& turn, const Attempt& attempt) {
  const int canary = ServingCount(turn, ServersOf(turn, attempt.revision, turn.spec.replicas));
  if (canary == 0) return kNoWeight;
  const RevisionState* stable = FindRevision(turn.status, *turn.status.stable);
  const int kept = stable == nullptr ? 0 : std::min(stable->desired, NextCounts(turn, attempt).stable);
  const int rest = static_cast<int>(ServersOf(turn, *turn.status.stable, kept).size());
  return Weight::Permille(kFullWeight.permille() * canary / (canary + rest));
}

const RevisionState* RevisionAt(const Status& status, int slot) {
  const auto found = std::ranges::find(status.revisions, slot, &RevisionState::slot);
  return found == status.revisions.end() ? nullptr : &*found;
}

int LimitOf(const WantedCounts& wanted, const RevisionState& revision) {
  return std::min(revision.desired, wanted.at(revision.id));
}

// The revision that takes what the canary does not: stable, but only once it can serve where another one does.
const RevisionState* StableSide(Turn& turn) {
  const RevisionState* current =
      turn.status.route.epoch.value == 0 ? nullptr : RevisionAt(turn.status, turn.status.route.stable_slot);
  const std::optional<Attempt>& attempt = turn.status.attempt;
  const RevisionState* next = nullptr;
  if (turn.status.stable.has_value()) {
    next = FindRevision(turn.status, *turn.status.stable);
  } else if (attempt.has_value()) {
    next = FindRevision(turn.status, attempt->revision);
  }
  if (next == nullptr || next->slot < 0) return current;
  if (current == nullptr || current == next || ReadyCount(turn, current->id) == 0) return next;
  const bool first_version = !turn.status.stable.has_value();
  if (first_version) return IsSettled(turn, *attempt) ? next : current;
  return ReadyCount(turn, next->id) > 0 ? next : current;
}

// An attempt's revision that was given up, in the route or not.
bool IsGivenUp(const Status& status, const RevisionId& id) {
  const std::optional<Attempt>& attempt = status.attempt;
  const bool ended = attempt.has_value() && (attempt->stage == Stage::kAborting || attempt->stage == Stage::kAborted);
  return ended && attempt->revision == id && !HasTraffic(status, id);
}

std::vector<SlotUse> SlotsInUse(const Turn& turn, const WantedCounts& wanted, const RevisionState& stable_side, Weight weight) {
  std::vector<SlotUse> uses;
  for (const RevisionState& revision : turn.status.revisions) {
    const bool named = &revision == &stable_side || HasTraffic(turn.status, revision.id);
    if (revision.slot < 0 || (revision.desired == 0 && !named)) continue;
    SlotUse use{
        .slot = revision.slot, .revision = revision.id, .instances = ServersOf(turn, revision.id, LimitOf(wanted, revision))};
    const auto before = std::ranges::find(turn.status.route.slots, revision.slot, &SlotUse::slot);
    const bool listed_before = before != turn.status.route.slots.end() && before->revision == revision.id;
    if (IsGivenUp(turn.status, revision.id)) {
      // It only finishes what it has: servers that come back are of no use to anybody.
      std::erase_if(use.instances, [&](const InstanceId& id) {
        return !listed_before || std::ranges::find(before->instances, id) == before->instances.end();
      });
    }
    // Nothing is gained by taking the last servers from stable: the edge's own checks know when one is back.
    const bool last_servers = use.instances.empty() && &revision == &stable_side && weight < kFullWeight;
    if (last_servers && listed_before) use.instances = before->instances;
    uses.push_back(std::move(use));
  }
  std::ranges::sort(uses, {}, &SlotUse::slot);
  return uses;
}

std::optional<Route> RouteOfTheMoment(Turn& turn, const WantedCounts& wanted) {
  const RevisionState* stable = StableSide(turn);
  if (stable == nullptr || stable->slot < 0) return std::nullopt;
  Route route{.epoch = turn.status.route.epoch,
              .stable_slot = stable->slot,
              .canary_slot = stable->slot,
              .weight = kNoWeight,
              .slots = {}};
  if (MustKeepCanary(turn)) {
    route.canary_slot = turn.status.route.canary_slot;
    route.weight = turn.status.route.weight;
  } else if (const Attempt* attempt = InFlight(turn.status); attempt != nullptr && !IsInitial(*attempt)) {
    const RevisionState* canary = FindRevision(turn.status, attempt->revision);
    if (canary != nullptr && canary->slot >= 0 && canary->slot != stable->slot) {
      route.weight = CanaryWeight(turn, *attempt);
      route.canary_slot = canary->slot;
    }
  }
  route.slots = SlotsInUse(turn, wanted, *stable, route.weight);
  return route;
}

// The epoch that the next route must exceed, or nothing when what the edge was seen with is ours.
bool WasGivenAnotherRoute(const Turn& turn) {
  if (!turn.world.route.has_value()) return false;
  const Epoch seen = turn.world.route->route.epoch;
  return seen > turn.status.route.epoch || (seen == turn.status.route.epoch && !IsRouteAcknowledged(turn));
}

// A promotion changes who is called stable and moves no request: "100 % -> 0 %" would frighten whoever reads it.
std::string WeightText(const Status& status, const Route& after) {
  const Route& before = status.route;
  const RevisionState* serves = RevisionAt(status, after.stable_slot);
  const bool other_side = before.epoch.value == 0 || before.stable_slot != after.stable_slot;
  if (other_side && after.weight == kNoWeight && serves != nullptr) {
    return RevisionText(status, serves->id) + (status.stable == serves->id ? " is stable, 100 %." : " serves 100 %.");
  }
  return "Canary weight " + before.weight.Text() + " -> " + after.weight.Text() + ".";
}

}  // namespace

bool MustKeepCanary(const Turn& turn) {
  const bool stable_shrinks = turn.spec.canary.dynamic_stable_scale || !turn.spec.canary.traffic_routed;
  if (!stable_shrinks || turn.status.route.weight == kNoWeight || !turn.status.stable.has_value()) return false;
  const RevisionState* canary = RevisionAt(turn.status, turn.status.route.canary_slot);
  return canary != nullptr && canary->id != *turn.status.stable && ReadyCount(turn, canary->id) > 0 &&
         ReadyCount(turn, *turn.status.stable) == 0;
}

Weight ApprovedWeight(const Spec& spec, const Attempt& attempt) {
  if (attempt.stage == Stage::kSwitching) return kFullWeight;
  if (attempt.stage != Stage::kStepping) return kNoWeight;
  return LastSetWeight(spec, attempt.step + 1);
}

bool IsSettled(Turn& turn, const Attempt& attempt) {
  const int wanted = SettledCounts(turn, attempt).canary;
  const std::vector<InstanceId> servers = ServersOf(turn, attempt.revision, wanted);
  return AvailableCount(turn, attempt.revision) >= wanted && ServingCount(turn, servers) >= wanted;
}

Weight CanaryWeight(Turn& turn, const Attempt& attempt) {
  if (ReadyCount(turn, attempt.revision) == 0) return kNoWeight;
  const Weight approved = ApprovedWeight(turn.spec, attempt);
  if (!turn.spec.canary.traffic_routed && turn.world.route.has_value() && !IsHalted(turn)) {
    return std::min(approved, WeightOfInstances(turn, attempt));
  }
  const Weight before = attempt.stage == Stage::kSwitching
                            ? LastSetWeight(turn.spec, static_cast<int>(turn.spec.canary.steps.size()))
                            : LastSetWeight(turn.spec, attempt.step);
  const RevisionState* canary = FindRevision(turn.status, attempt.revision);
  const bool routed_now = canary != nullptr && turn.status.route.canary_slot == canary->slot;
  const Weight current = routed_now ? turn.status.route.weight : kNoWeight;
  // Once all requests have gone over, an instance that is not ready is no reason to send them all back: the gate is.
  if (turn.spec.canary.flips && current == kFullWeight && approved == kFullWeight) return kFullWeight;
  Weight weight = std::min(approved, before);
  if (IsSettled(turn, attempt)) {
    weight = approved;
  } else if (!turn.world.route.has_value() || AvailableCount(turn, attempt.revision) >= SettledCounts(turn, attempt).canary) {
    // The edge has not found them up yet, or has not been asked yet: nothing is raised, and nothing is taken back.
    weight = std::min(approved, std::max(weight, current));
  }
  if (ServingCount(turn, ServersOf(turn, attempt.revision, turn.spec.replicas)) == 0) weight = std::min(weight, current);
  if (IsHalted(turn)) weight = std::min(weight, current);
  return weight;
}

bool HasTraffic(const Status& status, const RevisionId& revision) {
  const RevisionState* state = FindRevision(status, revision);
  if (state == nullptr || state->slot < 0 || status.route.epoch.value == 0) return false;
  return status.route.stable_slot == state->slot || status.route.canary_slot == state->slot;
}

void Steer(Turn& turn, const WantedCounts& wanted) {
  std::optional<Route> route = RouteOfTheMoment(turn, wanted);
  if (!route.has_value()) return;
  const bool other = WasGivenAnotherRoute(turn);
  if (*route == turn.status.route && route->epoch.value > 0 && !other) return;
  std::uint64_t newest = turn.status.route.epoch.value;
  if (turn.world.route.has_value()) newest = std::max(newest, turn.world.route->route.epoch.value);
  route->epoch.value = newest + 1;
  const bool shares_change = turn.status.route.epoch.value == 0 || turn.status.route.weight != route->weight ||
                             turn.status.route.stable_slot != route->stable_slot;
  if (shares_change && turn.status.attempt.has_value()) {
    Tell(turn, "rollout.weight", WeightText(turn.status, *route),
         {{"epoch", route->epoch.value},
          {"from_permille", turn.status.route.weight.permille()},
          {"to_permille", route->weight.permille()},
          {"stable_slot", route->stable_slot},
          {"canary_slot", route->canary_slot}});
  }
  turn.status.route = std::move(*route);
  turn.changed = true;
}

}  // namespace tuesday::rollout
