// SPDX-License-Identifier: Apache-2.0
// A state folder with places in it, for tests: all are closed and forgotten at the end.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <string>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/sandbox_places.h"
#include "adapters/supervise/poll_loop.h"
#include "testing/temporary_folder.h"

namespace tuesday::sandbox {

class Machine {
 public:
  Machine() { Restart(); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    for (const PlaceId& place : places_->Known()) {
      const std::string said = files::ReadFile(FolderOf(place).supervisor_log()).value_or("");
      if (!said.empty()) std::fprintf(stderr, "The supervisor of %s said: %s\n", place.str().c_str(), said.c_str());
      EXPECT_TRUE(places_->Close(place).has_value());
      EXPECT_TRUE(places_->Forget(place).has_value());
    }
  }

  // What a new daemon starts with.
  void Restart() { places_ = std::make_unique<SandboxPlaces>(SandboxPlaces::Settings{folder_.path(), {PLACE_SUPERVISOR}}); }

  bool WaitUntil(const std::function<bool()>& holds) {
    const Instant patience = supervise::BootNow() + std::chrono::seconds(120);
    while (!holds()) {
      if (supervise::BootNow() > patience) return false;
      ::poll(nullptr, 0, 5);
    }
    return true;
  }

  // kill -9 of the place's supervisor.
  void Lose(const PlaceId& place) {
    const pid_t pid = SupervisorOf(place);
    ASSERT_GT(pid, 1);
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(WaitUntil([&] { return !files::FileLock::IsHeld(FolderOf(place).lock()); }));
  }

  // By its argument, as `ps` would find it.
  pid_t SupervisorOf(const PlaceId& place) {
    for (const std::string& name : files::NamesIn("/proc")) {
      const std::string command = files::ReadFile("/proc/" + name + "/cmdline", 4096).value_or("");
      const bool is_it = command.ends_with(std::string("\0", 1) + FolderOf(place).path + std::string("\0", 1));
      if (is_it) return std::atoi(name.c_str());
    }
    return 0;
  }

  JobPlaces& places() { return *places_; }
  SandboxPlaces& sandboxes() { return *places_; }
  std::string path() const { return folder_.path(); }
  PlaceFolder FolderOf(const PlaceId& place) const { return {folder_.path() + "/places/" + place.str()}; }
  std::string Log(const PlaceId& place, int ordinal) const {
    return files::ReadFile(FolderOf(place).log(ordinal)).value_or("");
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SandboxPlaces> places_;
};

}  // namespace tuesday::sandbox
