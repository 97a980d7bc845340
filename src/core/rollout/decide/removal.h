// SPDX-License-Identifier: Apache-2.0
// The way of a rollout that somebody deleted: its route goes, its open requests get their time, its instances stop.
// Private to core/rollout.
#pragma once

#include "core/rollout/decide/turn.h"
#include "core/rollout/reconcile.h"

namespace tuesday::rollout {

// Decides the next move of a rollout whose spec has a removal. A route without any slot says that the edge shall not know it.
// Each move waits until the one before was seen to be done.
Outcome TakeAway(Turn turn);

}  // namespace tuesday::rollout
