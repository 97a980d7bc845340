// SPDX-License-Identifier: Apache-2.0
// A clock that its owner moves: the test, or the virtual executor. The wall clock may be made to jump by itself.
#pragma once

#include <string>

#include "ports/clock.h"

namespace tuesday::testing {

class FakeClock : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override {
    return WallTime(std::chrono::milliseconds(1'790'000'000'000)) + wall_jump_ +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  }
  std::string BootId() const override { return boot_id_; }

  void Set(Instant now) { now_ = now; }
  void JumpWall(Duration by) { wall_jump_ += std::chrono::duration_cast<std::chrono::milliseconds>(by); }
  // The machine was started again: instants begin anew.
  void Reboot(std::string boot_id) {
    boot_id_ = std::move(boot_id);
    now_ = Instant(std::chrono::seconds(1));
  }

 private:
  Instant now_{std::chrono::seconds(1000)};
  std::chrono::milliseconds wall_jump_{};
  std::string boot_id_ = "boot-1";
};

}  // namespace tuesday::testing
