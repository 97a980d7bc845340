// SPDX-License-Identifier: Apache-2.0
// What will judge an attempt, said before it begins: the rules that count and why, its analyses, what is always watched.
#pragma once

#include <string>
#include <vector>

#include "control/apply/typed.h"
#include "wire/state/records.h"

namespace tuesday::control {

// A line each, rules that count first: "CanaryHighErrorRate (counts): ...".
std::vector<std::string> GatesOf(const state::RolloutRecord& before, const state::RolloutRecord& wanted,
                                 const TypedObjects& objects);

}  // namespace tuesday::control
