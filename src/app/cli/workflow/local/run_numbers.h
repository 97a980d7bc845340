// SPDX-License-Identifier: Apache-2.0
// Runs without a daemon are numbered on this machine; each has a folder.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::cli {

inline constexpr int kLocalRunsKept = 20;  // Older ones are removed when a new one begins.

struct RunNumber {
  int number = 0;
  std::string id;      // "run-7"
  std::string folder;  // Made, and empty.
};

// Two that ask at the same time get two numbers. Old folders whose run has ended are removed.
Result<RunNumber> TakeRunNumber(const std::string& runs_folder);

// Those that are there, newest first.
std::vector<RunNumber> KnownRuns(const std::string& runs_folder);

}  // namespace tuesday::cli
