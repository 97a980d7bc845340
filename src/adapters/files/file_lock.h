// SPDX-License-Identifier: Apache-2.0
// A lock that ends with its process, however it ends. An open-file-description lock (fcntl(2), F_OFD_SETLK) rather than
// flock: others can ask whether it is held without taking it for a moment.
#pragma once

#include <string>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::files {

class FileLock {
 public:
  // Makes the file where it is missing and locks it; kConflict when another holder has it.
  static Result<FileLock> Acquire(const std::string& path);

  // Whether somebody holds the lock. A missing file is not locked.
  static bool IsHeld(const std::string& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// Makes the state folder (mode 0711: artifacts below must be reachable for the user that runs them) and locks it against a
// second daemon.
Result<FileLock> LockStateFolder(const std::string& folder);

}  // namespace tuesday::files
