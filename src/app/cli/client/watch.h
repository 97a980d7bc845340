// SPDX-License-Identifier: Apache-2.0
// Following one rollout until the caller has seen enough.
#pragma once

#include <functional>
#include <string>

#include "app/cli/client/session.h"

namespace tuesday::cli {

// Calls `take` with the rollout as it is and then at every change, until it says no. `timeout` is a Go duration or empty;
// when it is over the error is kUnavailable. The stream is opened again when it is cut: a restarted daemon goes on.
Result<void> WatchRollout(const Globals& globals, const std::string& name, const std::string& timeout,
                          const std::function<bool(const Json&)>& take);

}  // namespace tuesday::cli
