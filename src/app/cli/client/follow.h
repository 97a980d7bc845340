// SPDX-License-Identifier: Apache-2.0
// `--wait`: a line at each change of one rollout, and at the end its verdict.
#pragma once

#include <string>

#include "app/cli/client/session.h"

namespace tuesday::cli {

// Follows the rollout of `plan` (one of an apply's answer) to its verdict and gives the exit code: promoted or not. `timeout`
// is a Go duration or empty.
int FollowToVerdict(const Globals& globals, const Json& plan, const std::string& timeout);

}  // namespace tuesday::cli
