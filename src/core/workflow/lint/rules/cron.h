// SPDX-License-Identifier: Apache-2.0
// Cron expressions of five fields, as far as a linter needs them: whether they are right, and how close two runs come.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tuesday::workflow::lint {

// The shortest time between two runs in seconds, as far as minutes and hours tell; a day when there is one run a day at most.
Result<int> ShortestInterval(std::string_view cron);

// Whether the name is one of IANA's, with an area: "Europe/Vienna", and not "UTC".
bool IsTimezoneName(std::string_view name);

}  // namespace tuesday::workflow::lint
