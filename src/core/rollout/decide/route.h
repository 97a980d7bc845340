// SPDX-License-Identifier: Apache-2.0
// Where requests go: the weight that the attempt has been approved for, what of it may be given now, and the whole route
// with its epoch. Private to core/rollout.
#pragma once

#include "core/rollout/decide/scale.h"
#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

// The share that the steps up to now allow the canary: the last setWeight at or before the step under way.
Weight ApprovedWeight(const Spec& spec, const Attempt& attempt);

// The share that the canary shall have now: what is approved once its instances are there and found up, less while they
// are not, nothing without a live one.
Weight CanaryWeight(Turn& turn, const Attempt& attempt);

// All instances that the step asks for are available, and the edge found them up.
bool IsSettled(Turn& turn, const Attempt& attempt);

// Stable gave its instances away step by step (dynamicStableScale, or no traffic routing) and has none that is ready: taking
// the canary's share now would answer nobody.
bool MustKeepCanary(const Turn& turn);

// The route as asked for names the revision's slot.
bool HasTraffic(const Status& status, const RevisionId& revision);

// Asks for the route of the moment under the next epoch, if it differs from the last one asked for, or if the edge has
// been seen with an epoch that we never gave.
void Steer(Turn& turn, const WantedCounts& wanted);

}  // namespace tuesday::rollout
