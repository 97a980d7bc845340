// SPDX-License-Identifier: Apache-2.0
// Calls of one server (json_server.h) that keep their connections: the next call need not make one.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::supervise {

inline constexpr std::size_t kIdleConnectionsMax = 2;  // Of one caller.

// Thread-safe; blocks. A server that was started again is found again.
class Caller {
 public:
  explicit Caller(std::string socket_path) : path_(std::move(socket_path)) {}

  // As supervise::Call, but for one thing: a request may arrive twice when the connection breaks.
  Result<Json> Call(Json::Object request, Duration timeout);

 private:
  files::Fd TakeIdle();
  void Keep(files::Fd fd);

  const std::string path_;
  std::mutex mutex_;
  std::vector<files::Fd> idle_;
};

}  // namespace tuesday::supervise
