// SPDX-License-Identifier: Apache-2.0
// Starts the instances of the revisions that have a part anew, batch by batch: a batch leaves the route, stops, and starts
// again. No revision is made, and there are never fewer instances than maxUnavailable allows. Private to core/rollout.
#pragma once

#include <optional>

#include "core/rollout/decide/turn.h"
#include "core/rollout/reconcile.h"

namespace tuesday::rollout {

// Asks for a restart once Spec::restart_at has come and instances from before it are there; again only for another instant.
void TakeRestartAt(Turn& turn);

// Moves the restarts that were asked for on by at most one move for each revision.
void AdvanceRestarts(Turn& turn);

// How many instances more than usual the revision needs so that its restart takes none away: where nothing may be
// unavailable, and for a stable revision of one instance.
int RestartSurge(const Turn& turn, const RevisionState& revision);

// The instances that leave the route, or nothing.
std::optional<OrdinalRange> BatchOf(const RevisionState& revision);

// The instances that shall not run now, or nothing.
std::optional<OrdinalRange> StoppedBatchOf(const RevisionState& revision);

// "restarting: 2 of 4 instances of rev 7", or empty.
std::string RestartText(const Turn& turn);

}  // namespace tuesday::rollout
