// SPDX-License-Identifier: Apache-2.0
// Instants of one boot mean nothing in the next: after a reboot dwell, bake and deadlines begin again.
#pragma once

#include "core/rollout/status.h"

namespace tuesday::control {

// The status with every instant set to `now`. An attempt is where it was; what it had waited for is waited for again.
rollout::Status AfterReboot(rollout::Status status, Instant now);

}  // namespace tuesday::control
