// SPDX-License-Identifier: Apache-2.0
// Puts a backup in the place of a state. It is unpacked and checked beside the old state first, then both change places by
// renames that a crash may interrupt anywhere: the next start ends them. What belongs to running processes stays. Blocks.
#pragma once

#include <string>

#include "app/backup/read_backup.h"
#include "base/time.h"

namespace tuesday::backup {

inline constexpr const char* kStagingFolder = ".restore";  // In the state folder.

enum class Existing { kRefuse, kMoveAside };

struct RestoreOptions {
  std::string state_folder;  // Made if it is missing.
  TarReader::Source source;
  Existing existing = Existing::kRefuse;
  WallTime now{};
};

struct Restored {
  Summary summary;
  std::string aside;  // Where the old state is; empty: there was none.
};

// kConflict: a daemon runs there (its pid is named), or there is a state and it shall be refused. On every error nothing has
// changed. The next daemon finds the row "meta/restored", and an entry in the journal.
Result<Restored> Restore(const RestoreOptions& options);

// Ends a restore that was interrupted once all was unpacked; removes what one that was interrupted before has left. Called by
// whoever holds the state folder's lock, or is about to open the store. Nothing to do is no error.
Result<void> FinishRestore(const std::string& state_folder);

}  // namespace tuesday::backup
