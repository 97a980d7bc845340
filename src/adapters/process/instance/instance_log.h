// SPDX-License-Identifier: Apache-2.0
// An instance's output, kept in two files of a bounded size: `log` and the older `log.1`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/process/instance/record.h"

namespace tuesday::process {

class InstanceLog {
 public:
  InstanceLog(InstanceFolder folder, std::int64_t bytes_max);

  // Appends, and turns the files when `log` would grow past the bound. What a full disk refuses is lost.
  void Append(std::string_view bytes);

 private:
  void Open();

  InstanceFolder folder_;
  std::int64_t bytes_max_;
  std::int64_t bytes_ = 0;
  files::Fd fd_;
};

// The last lines of both files together, oldest first. Reads no more than it must.
std::vector<std::string> LastLines(const InstanceFolder& folder, int lines_max);

}  // namespace tuesday::process
