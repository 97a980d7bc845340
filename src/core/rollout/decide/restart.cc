// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/restart.h"

#include <algorithm>

#include "core/rollout/decide/route.h"
#include "core/rollout/replicas.h"

namespace tuesday::rollout {
namespace {

bool Holds(const OrdinalRange& range, int ordinal) { return ordinal >= range.begin && ordinal < range.end; }

// Blue-green has no maxUnavailable: nothing may be missing on either side.
int UnavailableMax(const Spec& spec, int replicas) {
  if (spec.canary.flips) return 0;
  return ResolveFence(spec.canary.max_surge, spec.canary.max_unavailable, replicas).unavailable;
}

// Whether Spec::restart_at, which became the round under way, spares the instance: it was started since.
bool IsSpared(const Turn& turn, const RevisionState& revision, int ordinal) {
  const std::optional<Instant>& at = turn.world.restart_at;
  if (!at || turn.status.restart_at_round != revision.restart->round) return false;
  return std::ranges::any_of(turn.world.instances, [&](const InstanceSeen& seen) {
    return seen.revision == revision.id && seen.ordinal == ordinal && !seen.stopping && seen.started_at >= *at;
  });
}

bool HasPart(const Status& status, const RevisionId& id) {
  const Attempt* attempt = InFlight(status);
  return status.stable == id || (attempt != nullptr && attempt->revision == id);
}

bool IsAvailable(const Turn& turn, const InstanceSeen& instance) {
  return instance.ready && !instance.stopping && instance.ready_since.value_or(turn.now) + turn.spec.min_ready <= turn.now;
}

// How many instances of the revision are restarted in all: those that it has without the additional one.
int UsualCount(const Turn& turn, const RevisionState& revision) {
  return std::max(0, revision.desired - (revision.desired > turn.spec.replicas ? RestartSurge(turn, revision) : 0));
}

// How many available instances may go at this moment. One that answers requests stays.
int Budget(Turn& turn, const RevisionState& revision) {
  const int available = AvailableCount(turn, revision.id);
  const int usual = UsualCount(turn, revision);
  return std::min(available - (usual - UnavailableMax(turn.spec, usual)), available - 1);
}

// Whether instances may be taken: nothing else moves any, so that two reasons never take the same ones. Until then, and again
// when something else begins, a restart waits where it is.
bool IsAtRest(const Turn& turn, const RevisionState& revision) {
  return turn.status.stable == revision.id && InFlight(turn.status) == nullptr && !IsHalted(turn) &&
         revision.desired == turn.spec.replicas + RestartSurge(turn, revision);
}

// A batch whose turn is not now comes back as it was.
void PutBack(Turn& turn, RevisionState& revision) {
  if (!BatchOf(revision).has_value()) return;
  revision.restart->batch_end = revision.restart->renewed;
  revision.restart->stopping = false;
  turn.changed = true;
}

// The end of the next batch: as many as the budget pays for; one that is not available costs nothing.
int NextBatchEnd(const Turn& turn, const RevisionState& revision, int budget) {
  const int usual = UsualCount(turn, revision);
  int end = revision.restart->renewed;
  for (; end < usual && !IsSpared(turn, revision, end); ++end) {
    const int cost = static_cast<int>(std::ranges::count_if(turn.world.instances, [&](const InstanceSeen& seen) {
      return seen.revision == revision.id && seen.ordinal == end && IsAvailable(turn, seen);
    }));
    if (cost > budget) break;
    budget -= cost;
  }
  return end;
}

bool IsNamedByRoute(const Turn& turn, const RevisionState& revision, const OrdinalRange& batch) {
  return std::ranges::any_of(turn.world.instances, [&](const InstanceSeen& seen) {
    if (seen.revision != revision.id || !Holds(batch, seen.ordinal)) return false;
    return std::ranges::any_of(turn.status.route.slots, [&](const SlotUse& use) {
      return use.revision == revision.id && std::ranges::find(use.instances, seen.id) != use.instances.end();
    });
  });
}

bool IsSeen(const Turn& turn, const RevisionState& revision, const OrdinalRange& batch) {
  return std::ranges::any_of(turn.world.instances, [&](const InstanceSeen& seen) {
    return seen.revision == revision.id && Holds(batch, seen.ordinal);
  });
}

void AdvanceBatch(Turn& turn, RevisionState& revision, const OrdinalRange& batch) {
  if (!revision.restart->stopping) {
    if (!IsRouteAcknowledged(turn) || IsNamedByRoute(turn, revision, batch)) return;
    revision.restart->stopping = true;
    turn.changed = true;
  } else if (!IsSeen(turn, revision, batch)) {
    revision.restart->renewed = batch.end;
    revision.restart->stopping = false;
    turn.changed = true;
  }
}

void BeginBatch(Turn& turn, RevisionState& revision) {
  const int usual = UsualCount(turn, revision);
  while (revision.restart->renewed < usual && IsSpared(turn, revision, revision.restart->renewed)) {
    revision.restart->renewed = revision.restart->batch_end = revision.restart->renewed + 1;
    turn.changed = true;
  }
  const int first = revision.restart->renewed;
  if (first >= usual) {
    // Also the additional one, where there is one: it goes only when the last batch is back.
    if (AvailableCount(turn, revision.id) < revision.desired) return;
    revision.restarted = revision.restart->round;
    revision.restart.reset();
    Tell(turn, "rollout.restarted", "All instances of " + RevisionText(turn.status, revision.id) + " were started anew.",
         {{"restarted_revision", revision.id.str()}});
    return;
  }
  const int end = NextBatchEnd(turn, revision, Budget(turn, revision));
  if (end <= first) return;
  revision.restart->batch_end = end;
  Tell(turn, "rollout.restarting",
       "Starts instances " + std::to_string(first) + " to " + std::to_string(end - 1) + " of " +
           RevisionText(turn.status, revision.id) + " anew, " + std::to_string(usual) + " in all.",
       {{"restarted_revision", revision.id.str()}, {"from", first}, {"to", end - 1}});
}

}  // namespace

std::optional<OrdinalRange> BatchOf(const RevisionState& revision) {
  if (!revision.restart.has_value() || revision.restart->batch_end <= revision.restart->renewed) return std::nullopt;
  return OrdinalRange{revision.restart->renewed, revision.restart->batch_end};
}

std::optional<OrdinalRange> StoppedBatchOf(const RevisionState& revision) {
  return revision.restart.has_value() && revision.restart->stopping ? BatchOf(revision) : std::nullopt;
}

int RestartSurge(const Turn& turn, const RevisionState& revision) {
  const bool alone = turn.status.stable == revision.id && InFlight(turn.status) == nullptr;
  if (!revision.restart.has_value() || !alone || turn.spec.replicas == 0) return 0;
  return turn.spec.replicas == 1 || UnavailableMax(turn.spec, turn.spec.replicas) == 0 ? 1 : 0;
}

void TakeRestartAt(Turn& turn) {
  const std::optional<WallTime>& wanted = turn.spec.restart_at;
  if (!wanted || turn.status.restart_at_taken == wanted || !turn.world.restart_at) return;
  const Instant at = *turn.world.restart_at;
  if (at > turn.now) return WakeAt(turn, at);
  const bool is_under_way =
      std::ranges::any_of(turn.status.revisions, [](const RevisionState& one) { return one.restart.has_value(); });
  if (is_under_way) return;  // Then this one.
  turn.status.restart_at_taken = wanted;
  turn.changed = true;
  const bool is_older = std::ranges::any_of(turn.world.instances, [&](const InstanceSeen& seen) {
    return !seen.stopping && seen.started_at && *seen.started_at < at;
  });
  if (!is_older) return;
  turn.status.restarts_asked = turn.status.restarts_asked.value_or(0) + 1;
  turn.status.restart_at_round = turn.status.restarts_asked;
  Tell(turn, "rollout.restart_requested", "spec.restartAt has come: instances from before it are started anew.",
       {{"restart_at", WallText(*wanted)}});
}

void AdvanceRestarts(Turn& turn) {
  const std::uint64_t asked = turn.status.restarts_asked.value_or(0);
  if (asked == 0) return;
  for (RevisionState& revision : turn.status.revisions) {
    if (!revision.restart.has_value() && revision.restarted.value_or(0) >= asked) continue;
    if (!HasPart(turn.status, revision.id) || revision.desired == 0) {
      revision.restart.reset();
      revision.restarted = asked;
      turn.changed = true;
      continue;
    }
    if (!revision.restart.has_value()) {
      if (turn.status.stable != revision.id || InFlight(turn.status) != nullptr || IsHalted(turn)) continue;
      revision.restart = RestartState{.round = asked};
      turn.changed = true;
    }
    if (!IsAtRest(turn, revision)) {
      PutBack(turn, revision);
      continue;
    }
    if (const std::optional<OrdinalRange> batch = BatchOf(revision)) {
      AdvanceBatch(turn, revision, *batch);
    } else {
      BeginBatch(turn, revision);
    }
  }
}

std::string RestartText(const Turn& turn) {
  for (const RevisionState& revision : turn.status.revisions) {
    if (!revision.restart.has_value()) continue;
    return "restarting: " + std::to_string(revision.restart->renewed) + " of " + std::to_string(UsualCount(turn, revision)) +
           " instances of " + RevisionText(turn.status, revision.id);
  }
  return {};
}

}  // namespace tuesday::rollout
