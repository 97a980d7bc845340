// SPDX-License-Identifier: Apache-2.0
// A step in the words of its manifest: "setWeight 10", "pause 5m".
#pragma once

#include <string>

#include "core/rollout/spec.h"

namespace tuesday::server {

std::string StepText(const rollout::Step& step);

}  // namespace tuesday::server
