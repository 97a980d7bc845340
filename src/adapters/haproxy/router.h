// SPDX-License-Identifier: Apache-2.0
// The port TrafficRouter over HAProxy: merges the routes of all rollouts into the whole edge and sends it to the edge's
// supervisor, which is started where it is missing and survives us. Any thread; a newer epoch overtakes an older call.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/haproxy/edge/edge.h"
#include "adapters/haproxy/tally.h"
#include "ports/traffic_router.h"

namespace tuesday::haproxy {

struct RouterOptions {
  std::string folder;  // The edge's supervisor's.
  std::vector<Listener> listeners;
  std::string log_socket;                    // Where the feed listens; empty: no log.
  std::vector<std::string> supervisor_argv;  // Starts a supervisor for `folder`: {program, "supervise", "edge", folder}.
};

class HaproxyRouter : public TrafficRouter {
 public:
  explicit HaproxyRouter(RouterOptions options) : options_(std::move(options)) {}

  // Starts the supervisor where there is none and opens the listeners, also before the first route.
  Result<void> Open();

  Result<Epoch> SetRoute(const RouteSpec& spec) override;
  Result<void> RemoveRoute(const RolloutName& rollout) override;
  Result<EdgeSeen> Observe() override;

  // For the feed: requests that servers took and gave no answer to.
  Result<FailedSeen> Failed();

 private:
  struct Change {
    std::uint64_t generation = 0;
    Edge edge;
  };

  // Sends `request`; where nobody answers, starts a supervisor and sends it again.
  Result<Json> Ask(const Json::Object& request, Duration time_max);
  Result<void> StartSupervisor();
  Result<void> LoadLocked();
  Result<Json> Send(const Change& change);
  void Forget();

  RouterOptions options_;
  std::mutex start_mutex_;  // One supervisor is started at a time.
  std::mutex mutex_;        // Guards what follows; never held during a change of the edge.
  bool loaded_ = false;
  Change current_;  // The newest that was sent.
};

}  // namespace tuesday::haproxy
