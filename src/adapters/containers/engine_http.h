// SPDX-License-Identifier: Apache-2.0
// HTTP to a container engine over its unix socket: one connection a request, in HTTP/1.0, so that a body is what comes until
// the other side closes. A response can be read as it comes. Not thread-safe; blocks no longer than it is told.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/files/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::containers {

inline constexpr std::size_t kEngineAnswerBytesMax = 64 << 20;
inline constexpr std::size_t kEngineHeadBytesMax = 64 << 10;

struct EngineRequest {
  std::string method = "GET";
  std::string target;  // "/v1.41/…", already encoded.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A response whose body comes bit by bit. Closing it tells the engine that nobody reads any more.
class EngineStream {
 public:
  EngineStream(files::Fd fd, int status, std::string first) : fd_(std::move(fd)), status_(status), buffer_(std::move(first)) {}
  // One whose head has not come yet; its status is 0 until then. A status that is none of success is the end.
  explicit EngineStream(files::Fd fd) : fd_(std::move(fd)) {}

  int status() const { return status_; }
  // Readable when there is more. What came with the head is there before: read once without asking.
  int fd() const { return fd_.get(); }
  bool ended() const { return ended_; }

  // What has come, without waiting; empty when there is nothing now, or when `ended`.
  std::string Read();

  // The same, but waits for something. Empty: nothing came within `patience`, or it ended.
  std::string Await(Duration patience);

  // What is said to the other side of a stream that goes both ways. kUnavailable when it takes nothing for `patience`.
  Result<void> Send(std::string_view bytes, Duration patience);
  // Nothing more will be said.
  void EndSending();

  // All that is left. kUnavailable when the end does not come within `patience`, kLimit past the answer's limit.
  Result<std::string> ReadAll(Duration patience);

 private:
  void TakeHead();

  files::Fd fd_;
  int status_ = 0;
  std::string buffer_;
  bool ended_ = false;
};

struct EngineResponse {
  int status = 0;
  std::string body;
};

class EngineHttp {
 public:
  explicit EngineHttp(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  const std::string& socket_path() const { return socket_path_; }

  // Returns when the head of the response is there. kUnavailable when nobody listens, or no head comes within `patience`.
  Result<EngineStream> Open(const EngineRequest& request, Duration patience) const;

  // Does not wait for the head: podman sends that of a log with its first line.
  Result<EngineStream> Begin(const EngineRequest& request, Duration patience) const;

  // The whole response, whatever its status.
  Result<EngineResponse> Call(const EngineRequest& request, Duration patience) const;

 private:
  std::string socket_path_;
};

}  // namespace tuesday::containers
