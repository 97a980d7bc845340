// SPDX-License-Identifier: Apache-2.0
// How much a place has written: counted by a process of our own, so that a million files hold no log up.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {

constexpr Duration kDiskLookEvery = std::chrono::seconds(2);
constexpr int kDiskLookShare = 10;  // A count that takes a second is not made again for this many.

class DiskWatch {
 public:
  // Calls `over` when the folders hold more than `bytes_max` beside what they held when it was made.
  DiskWatch(supervise::PollLoop& loop, std::vector<std::string> folders, std::uint64_t bytes_max, std::function<void()> over)
      : loop_(loop), folders_(std::move(folders)), bytes_max_(bytes_max), over_(std::move(over)) {}
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;
  ~DiskWatch();

  // Counts what is there before the job.
  void Begin();
  // Somebody runs, or nobody: it is only counted while somebody does.
  void SetActive(bool active);
  // When a child of this process has ended that may be the counting one.
  bool IsCounter(pid_t pid);

 private:
  void Schedule(Duration wait);
  void Count();
  void OnCounted();

  supervise::PollLoop& loop_;
  const std::vector<std::string> folders_;
  const std::uint64_t bytes_max_;
  const std::function<void()> over_;
  std::uint64_t before_ = 0;
  bool has_before_ = false;
  bool active_ = false;
  pid_t counter_ = 0;
  Instant began_;
  files::Fd result_;
  supervise::PollLoop::TimerId timer_ = 0;
};

// Bytes on disk of everything below the folder; follows no link and leaves other file systems out.
std::uint64_t BytesBelow(const std::string& folder);

}  // namespace tuesday::sandbox
