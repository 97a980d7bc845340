// SPDX-License-Identifier: Apache-2.0
// How many instances each revision shall have, in three moves: what is wanted, what may grow now (a slot is needed), and
// what may shrink (only once the edge was seen without those instances). Private to core/rollout.
#pragma once

#include <map>

#include "core/rollout/decide/turn.h"
#include "core/rollout/replicas.h"

namespace tuesday::rollout {

using WantedCounts = std::map<RevisionId, int>;

// setCanaryScale as it is in force at the attempt's step.
std::optional<SetCanaryScale> CanaryScaleInForce(const Spec& spec, const Attempt& attempt);

// What the attempt under way asks for in the end at its present step; the way there is bounded by the fence.
Counts SettledCounts(const Turn& turn, const Attempt& attempt);

// The next counts of the attempt under way on the way there; it has a baseline.
Counts NextCounts(Turn& turn, const Attempt& attempt);

// The next counts of all known revisions.
WantedCounts WantedInstances(Turn& turn);

// How long a revision keeps its instances after its last traffic, when nobody says otherwise.
inline constexpr Duration kScaleDownDelayDefault = std::chrono::seconds(30);

// Asks for another number of instances, and tells it.
void SetDesired(Turn& turn, RevisionState& revision, int count);

void Grow(Turn& turn, const WantedCounts& wanted);
void Shrink(Turn& turn, const WantedCounts& wanted);

// Starts the clock of revisions that have lost their last traffic, seen at the edge.
void RetireIdle(Turn& turn);

// Gives slots back, and forgets the oldest revisions beyond the history limit.
void ReleaseSlots(Turn& turn);
void ForgetOldRevisions(Turn& turn);

}  // namespace tuesday::rollout
