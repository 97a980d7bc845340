// SPDX-License-Identifier: Apache-2.0
// Whom files belong to, for whole trees. Follows no link and does not leave the tree's file system.
#pragma once

#include <string>

#include "adapters/supervise/spawn.h"
#include "base/result.h"

namespace tuesday::sandbox {

Result<supervise::UserIds> OwnerOf(const std::string& path);

// Gives the folder and all in it to the user.
Result<void> GiveTree(const std::string& folder, supervise::UserIds user);

}  // namespace tuesday::sandbox
