// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/step_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/files.h"

namespace tuesday::sandbox {

std::string LogTime() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 100);
}

Result<StepLog> StepLog::Open(const std::string& spare, const std::string& path, std::uint64_t bytes_max) {
  StepLog log;
  log.fd_ = files::Fd(::open(spare.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  log.bytes_max_ = bytes_max;
  if (!log.fd_.is_open() || ::rename(spare.c_str(), path.c_str()) != 0)
    return std::unexpected(files::SystemError("cannot open the log", path, errno));
  return log;
}

void StepLog::Append(const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  const std::string time = LogTime() + " ";
  std::string bytes;
  for (const std::string& line : lines) {
    const std::uint64_t size = time.size() + line.size() + 1;
    if (dropped_ == 0 && written_ + size <= bytes_max_) {
      bytes.append(time).append(line).push_back('\n');
      written_ += size;
      continue;
    }
    if (dropped_ == 0)
      bytes += fmt::format("{}##[warning]The log has reached its {} bytes; what follows is dropped.\n", time, bytes_max_);
    dropped_ += line.size() + 1;
  }
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t wrote = ::write(fd_.get(), left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      // A full disk: the step goes on, its log does not.
      dropped_ += left.size();
      return;
    }
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace tuesday::sandbox
