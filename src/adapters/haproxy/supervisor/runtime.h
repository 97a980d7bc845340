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

class RuntimeApi {
 public:
  explicit RuntimeApi(std::string socket_path, Duration time_max = kRuntimeTime)
      : socket_path_(std::move(socket_path)), time_max_(time_max) {}

  // Runs the commands over one connection and returns one answer for each, without the blank line at its end. A command's own
  // refusal is its answer. kUnavailable: nobody there, too slow, or cut before the last answer. kLimit: too much text.
  Result<std::vector<std::string>> Ask(const std::vector<std::string>& commands) const;

  // The listening sockets of the HAProxy that runs, for a supervisor that has lost its own.
  Result<std::vector<files::Fd>> TakeListeners() const;

 private:
  std::string socket_path_;
  Duration time_max_;
};

}  // namespace tuesday::haproxy
