// SPDX-License-Identifier: Apache-2.0
// A command inside a container that runs: what is typed goes in, what it writes comes out, its exit code becomes ours. With a
// terminal of its own where both ends of us are one.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::process {

// The program and its first words: the command is put behind them.
std::vector<std::string> EnterWords(const std::string& socket, const std::string& container);

// `words`: socket, container, perhaps "--", and the command.
Result<int> RunEnter(const std::vector<std::string>& words);

}  // namespace tuesday::process
