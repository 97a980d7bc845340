// SPDX-License-Identifier: Apache-2.0
// Sees that the kernel ends somebody in a container's control group for lack of memory. Engines tell this too, but not on every
// machine (conmon 2.1 does not where both hierarchies are mounted), and afterwards the group is gone.
#pragma once

#include <sys/types.h>

#include <string>

#include "adapters/files/fd.h"

namespace tuesday::process {

class MemoryWatch {
 public:
  // Of the group of this process. Sees nothing where it cannot be watched.
  static MemoryWatch Of(pid_t pid);

  // Readable when it is time to look; -1: nothing to wait for.
  int fd() const { return events_.get(); }

  // Whether somebody was ended since the watch began.
  bool Look();

 private:
  files::Fd events_;
  files::Fd counts_;
  bool seen_ = false;
};

}  // namespace tuesday::process
