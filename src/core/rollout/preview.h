// SPDX-License-Identifier: Apache-2.0
// Where the preview host leads: to the revision that is to come as long as it has instances at the edge, also after it was
// given up, and otherwise to whoever answers requests. Pure.
#pragma once

#include "core/rollout/status.h"

namespace tuesday::rollout {

// A slot of `route`: that of the newest attempt's revision, if it has an instance there, else the one that most requests go to.
int PreviewSlot(const Status& status, const Route& route);

// The slot that answers requests: the canary's once all of them have gone over, else the stable one.
int AnsweringSlot(const Route& route);

}  // namespace tuesday::rollout
