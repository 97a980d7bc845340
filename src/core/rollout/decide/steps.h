// SPDX-License-Identifier: Apache-2.0
// Takes the attempt forward: through its steps, over the switch to stable, out of its bake. Private to core/rollout.
#pragma once

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

// Moves the attempt on by at most one step or stage.
void Advance(Turn& turn);

// In promotion.cc: the stages after the last step.
void AdvanceSwitch(Turn& turn, Attempt& attempt);
void AdvanceBake(Turn& turn, Attempt& attempt);
void AdvanceAbort(Turn& turn, Attempt& attempt);

}  // namespace tuesday::rollout
