// SPDX-License-Identifier: Apache-2.0
// Users of places: as root, each open place has a user id that no other open place on the machine has.
#pragma once

#include <optional>

#include "adapters/files/file_lock.h"
#include "adapters/supervise/spawn.h"
#include "base/result.h"

namespace tuesday::sandbox {

constexpr uid_t kFirstUid = 1'900'000;
constexpr int kSlotsMax = 4096;
constexpr const char* kSlotsFolder = "/run/tuesday-places";

struct Slot {
  supervise::UserIds user;
  files::FileLock lock;  // Held as long as the place is open.
};

// As root: the first free one. As somebody else: none, the place runs as who we are.
Result<std::optional<Slot>> TakeSlot();

}  // namespace tuesday::sandbox
