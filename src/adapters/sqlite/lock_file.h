// SPDX-License-Identifier: Apache-2.0
// Keeps a second daemon out of a state folder. The kernel gives the lock up when its process ends, however it ends.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::sqlite {

// Holds the lock until it is destroyed. Movable, not copyable.
class LockFile {
 public:
  // Locks `path`, made if it is missing, and writes our pid into it. kConflict names the process that holds it.
  static Result<LockFile> Take(const std::string& path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace tuesday::sqlite
