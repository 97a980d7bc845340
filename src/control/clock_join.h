// SPDX-License-Identifier: Apache-2.0
// One boot has one join of its two clocks, stored at its first start. Recorder and judge are built with it before the fleet
// is loaded, so that samples and entries go on without a step whatever the wall clock did meanwhile.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "ports/clock.h"
#include "ports/store.h"

namespace tuesday::control {

// The stored join of this boot, or a new one when there is none (the fleet stores it). Blocks.
Result<ClockJoin> JoinOfThisBoot(Store& store, const Clock& clock);

}  // namespace tuesday::control
