// SPDX-License-Identifier: Apache-2.0
// What an apply does, as text: the same lines before (`plan`) and after (`apply`).
#pragma once

#include <string>

#include "base/json.h"

namespace tuesday::cli {

enum class PlanMood { kWould, kDid };

std::string PlanText(const Json& report, PlanMood mood);

}  // namespace tuesday::cli
