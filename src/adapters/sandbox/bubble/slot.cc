// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/slot.h"

#include <unistd.h>

#include "adapters/files/files.h"

namespace tuesday::sandbox {

Result<std::optional<Slot>> TakeSlot() {
  if (::geteuid() != 0) return std::optional<Slot>();
  TRY_OK(files::MakeFolders(kSlotsFolder, 0700));
  for (int slot = 0; slot < kSlotsMax; ++slot) {
    Result<files::FileLock> lock = files::FileLock::Acquire(std::string(kSlotsFolder) + "/" + std::to_string(slot));
    if (lock.has_value()) {
      const uid_t uid = kFirstUid + static_cast<uid_t>(slot);
      return std::optional<Slot>(Slot{{uid, uid}, *std::move(lock)});
    }
    if (lock.error().code != ErrorCode::kConflict) return std::unexpected(lock.error());
  }
  return Fail(ErrorCode::kLimit, "There are " + std::to_string(kSlotsMax) + " open places already.");
}

}  // namespace tuesday::sandbox
