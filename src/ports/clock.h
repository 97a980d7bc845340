// SPDX-License-Identifier: Apache-2.0
// The only way to learn the time. Thread-safe.
#pragma once

#include "base/time.h"

namespace tuesday {

class Clock {
 public:
  virtual ~Clock() = default;

  virtual Instant Now() const = 0;         // CLOCK_BOOTTIME.
  virtual WallTime Wall() const = 0;       // May jump.
  virtual std::string BootId() const = 0;  // Changes at a reboot: instants of another boot do not compare.
};

}  // namespace tuesday
