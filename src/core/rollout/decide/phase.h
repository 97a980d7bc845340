// SPDX-License-Identifier: Apache-2.0
// Settles the phase and its message at the end of a decision: Argo's order, first match wins. Private to core/rollout.
#pragma once

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

void SettlePhase(Turn& turn);

}  // namespace tuesday::rollout
