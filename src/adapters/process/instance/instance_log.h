// SPDX-License-Identifier: Apache-2.0
// An instance's output, kept in two files of a bounded size: `log` and the older `log.1`. Beside each a file of marks says
// when which of its bytes came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/process/instance/record.h"

namespace tuesday::process {

constexpr std::int64_t kMarkEveryMs = 1000;

// The marks beside a log file: a line "OFFSET MILLISECONDS" for each second in which something came.
std::string MarksPath(const std::string& log_path);

class InstanceLog {
 public:
  InstanceLog(InstanceFolder folder, std::int64_t bytes_max);

  // Appends, and turns the files when `log` would grow past the bound. What a full disk refuses is lost. `now_ms` is the
  // wall clock's.
  void Append(std::string_view bytes, std::int64_t now_ms = 0);

 private:
  void Open();
  void Mark(std::int64_t now_ms);

  InstanceFolder folder_;
  std::int64_t bytes_max_;
  std::int64_t bytes_ = 0;
  std::int64_t marked_ms_ = 0;
  files::Fd fd_;
  files::Fd marks_;
};

// The last lines of both files together, oldest first. Reads no more than it must.
std::vector<std::string> LastLines(const InstanceFolder& folder, int lines_max);

}  // namespace tuesday::process
