// SPDX-License-Identifier: Apache-2.0
// Words of messages.
#pragma once

#include <string>
#include <vector>

namespace tuesday::workflow::lint {

// The words in quotes with commas between them.
std::string Quoted(const std::vector<std::string>& words);

}  // namespace tuesday::workflow::lint
