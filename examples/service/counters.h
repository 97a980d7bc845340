// SPDX-License-Identifier: Apache-2.0
// Requests begun and ended, counted in a mapped file: after a crash the difference is what was inside the process.
// The file is two little-endian 64-bit numbers, begun and ended; several processes may share it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace example {

class Counters {
 public:
  explicit Counters(const std::string& path) {
    void* memory = MAP_FAILED;
    if (!path.empty()) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (fd >= 0 && ::ftruncate(fd, sizeof(Cells)) == 0) {
        memory = ::mmap(nullptr, sizeof(Cells), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      }
      if (fd >= 0) ::close(fd);
    }
    if (memory != MAP_FAILED) cells_ = static_cast<Cells*>(memory);
  }

  void Begin() { cells_->begun.fetch_add(1, std::memory_order_relaxed); }
  void End() { cells_->ended.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct Cells {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
  };
  Cells own_;
  Cells* cells_ = &own_;
};

}  // namespace example
