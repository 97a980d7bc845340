// SPDX-License-Identifier: Apache-2.0
// HAProxy's Runtime API: lines over a unix socket. Blocks, but never past its deadline; whatever comes back, a cut answer, a
// megabyte, silence, is an error and nothing worse. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::haproxy {

constexpr Duration kRuntimeTime = std::chrono::seconds(2);  // For one batch of commands.
constexpr std::size_t kAnswerBytesMax = 8 << 20;

// One connection to one HAProxy process, kept as long as the process lives.
class RuntimeSession {
 public:
  RuntimeSession() = default;
  explicit RuntimeSession(files::Fd fd) : fd_(std::move(fd)) {}

  Result<std::string> Ask(const std::string& command, Duration time_max = kRuntimeTime);

 private:
  files::Fd fd_;
};

class RuntimeApi {
 public:
  explicit RuntimeApi(std::string socket_path, Duration time_max = kRuntimeTime)
      : socket_path_(std::move(socket_path)), time_max_(time_max) {}

  // Runs the commands over one connection and returns one answer for each, without the blank line at its end. A command's own
  // refusal is its answer. kUnavailable: nobody there, too slow, or cut before the last answer. kLimit: too much text.
  Result<std::vector<std::string>> Ask(const std::vector<std::string>& commands) const;

  // A connection that stays open: the way to talk to a process whose socket another one has taken over.
  Result<RuntimeSession> Open() const;

 private:
  std::string socket_path_;
  Duration time_max_;
};

}  // namespace tuesday::haproxy
