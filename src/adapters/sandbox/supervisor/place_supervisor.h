// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise place DIR`: holds DIR/lock while it lives, keeps the sandbox of one job and its steps, and writes down how
// each ended before it says so. Outlives the daemon; what it keeps dies with it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::sandbox {

// What the supervisor is started with beside the folder: numbers of descriptors.
constexpr int kReadyDescriptor = 3;  // Gets one line: {"ok"} or {"error"}.
constexpr int kMasksDescriptor = 4;  // A payload of secrets.

// How the runner within is started: these words, then what this program appends.
struct InsideWords {
  std::vector<std::string> words = {"supervise", "inside"};
};

// Runs until the place is closed or lost. Fails with kConflict when the folder has a supervisor already.
Result<void> RunPlaceSupervisor(const std::string& folder, const InsideWords& inside = {});

}  // namespace tuesday::sandbox
