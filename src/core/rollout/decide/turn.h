// SPDX-License-Identifier: Apache-2.0
// One decision under way: its arguments, the status as it becomes, and what it will tell. Private to core/rollout.
// The functions read the world in the machine's words; none of them changes anything unless it takes a `Turn&`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/audit/entry.h"
#include "core/rollout/spec.h"
#include "core/rollout/status.h"
#include "core/rollout/world.h"

namespace tuesday::rollout {

struct Turn {
  const Spec& spec;
  const World& world;
  Instant now;
  Status status;
  std::vector<audit::Entry> entries;
  std::optional<Instant> wake_at;
  std::string waiting_for;  // What keeps an instance from being asked for; empty: nothing.
  bool changed = false;     // This round moved something: go round once more.
};

// Asks to be called again at `at`, if that is still to come.
void WakeAt(Turn& turn, Instant at);

// Tells one thing. `data` gets the attempt and the revision number added.
void Tell(Turn& turn, std::string kind, std::string message, Json::Object data = {});

RevisionState* FindRevision(Status& status, const RevisionId& id);
const RevisionState* FindRevision(const Status& status, const RevisionId& id);

// "rev 7", or the id of a revision that is no longer known.
std::string RevisionText(const Status& status, const RevisionId& id);

// The attempt while it climbs (kStepping, kSwitching), else null.
Attempt* InFlight(Status& status);
const Attempt* InFlight(const Status& status);

// An attempt with no stable revision to fall back on: no steps, no pauses, no analyses, no gate.
bool IsInitial(const Attempt& attempt);

// Scaling and steps stand still: somebody said so, in the spec or by a request.
bool IsHalted(const Turn& turn);

// Instances that are ready and not told to stop.
int ReadyCount(const Turn& turn, const RevisionId& revision);

// Ready for at least `min_ready`. Asks to be woken when one more will be.
int AvailableCount(Turn& turn, const RevisionId& revision);

// The ready instances that may be servers when the revision is to have `limit` instances. Sorted.
std::vector<InstanceId> ServersOf(const Turn& turn, const RevisionId& revision, int limit);

// How many of `instances` the edge itself has found up.
int ServingCount(const Turn& turn, const std::vector<InstanceId>& instances);

// The edge was read back with exactly the route that was last asked for.
bool IsRouteAcknowledged(const Turn& turn);

// The greater of the canary's share as asked for and as last seen.
Weight CanaryTraffic(const Turn& turn);
Weight StableTraffic(const Turn& turn);

}  // namespace tuesday::rollout
