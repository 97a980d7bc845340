// SPDX-License-Identifier: Apache-2.0
// A rollback that somebody did at the edge while no daemon answered: a fact, which is adopted and never undone.
#pragma once

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

// Where the edge was seen with a newer route that was put back by hand: gives the attempt up that it took back, and tells who
// did it. Once for each such route.
void AdoptByHand(Turn& turn);

}  // namespace tuesday::rollout
