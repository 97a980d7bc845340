// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/turn.h"

#include <algorithm>

#include "core/rollout/decide/restart.h"

namespace tuesday::rollout {

void WakeAt(Turn& turn, Instant at) {
  if (at <= turn.now) return;
  if (!turn.wake_at.has_value() || at < *turn.wake_at) turn.wake_at = at;
}

void Tell(Turn& turn, std::string kind, std::string message, Json::Object data) {
  if (turn.status.attempt.has_value()) {
    const Attempt& attempt = *turn.status.attempt;
    data.emplace("attempt", attempt.id.str());
    data.emplace("revision", attempt.revision.str());
    if (const RevisionState* revision = FindRevision(turn.status, attempt.revision)) data.emplace("number", revision->number);
  }
  turn.entries.push_back({.kind = std::move(kind), .message = std::move(message), .data = std::move(data)});
  turn.changed = true;
}

RevisionState* FindRevision(Status& status, const RevisionId& id) {
  const auto found = std::ranges::find(status.revisions, id, &RevisionState::id);
  return found == status.revisions.end() ? nullptr : &*found;
}

const RevisionState* FindRevision(const Status& status, const RevisionId& id) {
  const auto found = std::ranges::find(status.revisions, id, &RevisionState::id);
  return found == status.revisions.end() ? nullptr : &*found;
}

std::string RevisionText(const Status& status, const RevisionId& id) {
  const RevisionState* revision = FindRevision(status, id);
  return revision == nullptr ? id.str() : "rev " + std::to_string(revision->number);
}

const Attempt* InFlight(const Status& status) {
  if (!status.attempt.has_value()) return nullptr;
  const Stage stage = status.attempt->stage;
  return stage == Stage::kStepping || stage == Stage::kSwitching ? &*status.attempt : nullptr;
}

Attempt* InFlight(Status& status) {
  const Status& readable = status;
  return InFlight(readable) == nullptr ? nullptr : &*status.attempt;
}

bool IsInitial(const Attempt& attempt) { return !attempt.baseline.has_value(); }

bool IsHalted(const Turn& turn) { return turn.spec.paused || turn.status.operator_paused; }

int ReadyCount(const Turn& turn, const RevisionId& revision) {
  return static_cast<int>(std::ranges::count_if(turn.world.instances, [&](const InstanceSeen& instance) {
    return instance.revision == revision && instance.ready && !instance.stopping;
  }));
}

int AvailableCount(Turn& turn, const RevisionId& revision) {
  int count = 0;
  for (const InstanceSeen& instance : turn.world.instances) {
    if (instance.revision != revision || !instance.ready || instance.stopping) continue;
    const Instant available_at = instance.ready_since.value_or(turn.now) + turn.spec.min_ready;
    if (available_at <= turn.now) {
      ++count;
    } else {
      WakeAt(turn, available_at);
    }
  }
  return count;
}

std::vector<InstanceId> ServersOf(const Turn& turn, const RevisionId& revision, int limit) {
  std::vector<const InstanceSeen*> running;
  for (const InstanceSeen& instance : turn.world.instances) {
    if (instance.revision == revision && !instance.stopping) running.push_back(&instance);
  }
  std::ranges::sort(running, {}, [](const InstanceSeen* instance) { return std::pair(instance->ordinal, instance->id); });
  std::vector<InstanceId> servers;
  const RevisionState* state = FindRevision(turn.status, revision);
  const OrdinalRange leaving = state == nullptr ? OrdinalRange{} : BatchOf(*state).value_or(OrdinalRange{});
  for (std::size_t rank = 0; rank < running.size() && static_cast<int>(rank) < limit; ++rank) {
    const int ordinal = running[rank]->ordinal;
    if (ordinal >= leaving.begin && ordinal < leaving.end) continue;
    if (running[rank]->ready && ordinal < limit) servers.push_back(running[rank]->id);
  }
  std::ranges::sort(servers);
  return servers;
}

int ServingCount(const Turn& turn, const std::vector<InstanceId>& instances) {
  if (!turn.world.route.has_value()) return 0;
  const std::vector<InstanceId>& serving = turn.world.route->serving;
  return static_cast<int>(
      std::ranges::count_if(instances, [&](const InstanceId& id) { return std::ranges::find(serving, id) != serving.end(); }));
}

bool IsRouteAcknowledged(const Turn& turn) {
  if (!turn.world.route.has_value()) return false;
  const Route& seen = turn.world.route->route;
  const Route& asked = turn.status.route;
  return seen.epoch == asked.epoch && seen.stable_slot == asked.stable_slot && seen.canary_slot == asked.canary_slot &&
         seen.weight == asked.weight;
}

Weight CanaryTraffic(const Turn& turn) {
  const Weight asked = turn.status.route.weight;
  return turn.world.route.has_value() ? std::max(asked, turn.world.route->route.weight) : asked;
}

Weight StableTraffic(const Turn& turn) {
  const Weight asked = turn.status.route.weight;
  const Weight least = turn.world.route.has_value() ? std::min(asked, turn.world.route->route.weight) : asked;
  return Weight::Permille(kFullWeight.permille() - least.permille());
}

}  // namespace tuesday::rollout
