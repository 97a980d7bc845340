// SPDX-License-Identifier: Apache-2.0
// The machine's clocks. Thread-safe; the boot's id is read once, when the clock is made.
#pragma once

#include <string>

#include "ports/clock.h"

namespace tuesday {

class SystemClock : public Clock {
 public:
  SystemClock();

  Instant Now() const override;
  WallTime Wall() const override;
  std::string BootId() const override { return boot_id_; }

 private:
  std::string boot_id_;
};

}  // namespace tuesday
