// SPDX-License-Identifier: Apache-2.0
// The port EdgeFeed over HAProxy's ring: listens on a unix stream socket to which every HAProxy process connects, and sums what
// it sends on a thread of its own. While nobody listens the ring keeps 8 MiB of lines; they come when somebody does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "adapters/files/fd.h"
#include "adapters/haproxy/tally.h"
#include "ports/edge_feed.h"

namespace tuesday::haproxy {

class HaproxyFeed : public EdgeFeed {
 public:
  // Asked once a second on the reader's thread; an error only means that nothing is known this time.
  using AskFailed = std::function<Result<FailedSeen>()>;

  // Listens at once, so that HAProxy finds the socket from the first moment. `ask_failed` may be empty.
  static Result<std::unique_ptr<HaproxyFeed>> Listen(const std::string& socket_path, AskFailed ask_failed);
  ~HaproxyFeed() override;

  void Start(std::function<void(EdgeBatch)> take) override;
  void Stop() override;

 private:
  HaproxyFeed(files::Fd listener, files::Fd wake, AskFailed ask_failed)
      : listener_(std::move(listener)), wake_(std::move(wake)), ask_failed_(std::move(ask_failed)) {}
  void Run();

  files::Fd listener_;
  files::Fd wake_;
  AskFailed ask_failed_;
  std::function<void(EdgeBatch)> take_;
  std::thread thread_;
};

}  // namespace tuesday::haproxy
