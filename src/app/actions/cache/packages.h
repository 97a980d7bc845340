// SPDX-License-Identifier: Apache-2.0
// What a package manager has downloaded, kept for the next run: `cache:` of setup-node. npm, yarn 1 and pnpm. Blocks.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::actions {

// Restores the folder of the manager that the input `cache` names, by the digest of its lock files; nothing without that input.
// `bin` is where Node.js is. kInvalid for another manager, kNotFound when there is no lock file.
Result<void> RestorePackages(const std::string& bin);

// In the post stage: stores the folder when the restore had not found it.
void SavePackages();

}  // namespace tuesday::actions
