// SPDX-License-Identifier: Apache-2.0
// Which instances of a rollout are meant.
#pragma once

#include <string>

#include "app/cli/verbs.h"

namespace tuesday::cli {

// "side=canary&revision=3": empty when all are meant. kInvalid when two flags contradict each other.
Result<std::string> SelectionQuery(const Selection& selection);

}  // namespace tuesday::cli
