// SPDX-License-Identifier: Apache-2.0
// The token of this job for a cloud, as the daemon gives it, and what it says. Blocks.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::actions::aws {

// Whether this job may ask.
bool MayAskForIdToken();

Result<std::string> AskForIdToken(const std::string& audience);

// The claims of a token, not verified; null when it is none.
Json ClaimsIn(const std::string& token);

}  // namespace tuesday::actions::aws
