// SPDX-License-Identifier: Apache-2.0
// The log of one step: each line with the time at which it came, written at once, up to a limit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::sandbox {

class StepLog {
 public:
  // The file at `spare`, made where it is missing, becomes the one at `path`.
  static Result<StepLog> Open(const std::string& spare, const std::string& path, std::uint64_t bytes_max);

  // Masked lines without their ends. What does not fit is counted and dropped; one line says so.
  void Append(const std::vector<std::string>& lines);

  std::uint64_t dropped_bytes() const { return dropped_; }
  std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  files::Fd fd_;
  std::uint64_t bytes_max_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t dropped_ = 0;
};

// "2026-11-24T14:00:00.1234567Z", of now.
std::string LogTime();

}  // namespace tuesday::sandbox
