// SPDX-License-Identifier: Apache-2.0
// A whole edge for one test: a supervisor in a process of its own, a real HAProxy, responders, a router and a feed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/haproxy/feed.h"
#include "adapters/haproxy/router.h"
#include "adapters/supervise/spawn.h"
#include "testing/temporary_folder.h"

namespace tuesday::testing {

// Runs what argv names when it is not the tests: "supervisor FOLDER DRAIN_MS", "responder PORT NAME" or "caller FOLDER".
// Returns whether it did.
bool RunAsHelper(int argc, char** argv);

// Waits at most ten seconds until `condition` holds.
bool Eventually(const std::function<bool()>& condition);

// Sums of everything that a feed gave.
struct FeedSums {
  std::map<std::string, std::uint64_t> by_instance;  // "" is no server.
  std::map<int, std::uint64_t> by_status;
  std::map<int, std::uint64_t> by_slot;
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t requests = 0;  // In the duration histogram.
  std::uint64_t looks = 0;     // At what failed.
};

class EdgeWorld {
 public:
  explicit EdgeWorld(Duration drain = std::chrono::seconds(30));
  ~EdgeWorld();

  haproxy::HaproxyRouter& router() { return *router_; }
  int port() const { return port_; }
  int tls_port() const { return tls_port_; }
  const std::string& folder() const { return folder_; }

  // Starts an instance that answers with its id.
  void AddInstance(const std::string& id);
  void KillInstance(const std::string& id);

  // A route of prod/api with the host api.test. Slots as {slot, {instances}}.
  RouteSpec Spec(std::uint64_t epoch, int stable, int canary, int permille,
                 const std::map<int, std::vector<std::string>>& slots) const;

  void StartFeed();
  void StopFeed() { feed_.reset(); }
  FeedSums sums();

  pid_t HaproxyPid();              // 0 when nobody answers.
  pid_t SupervisorPid();           // By the supervisor's lock.
  std::int64_t HaproxyCpuTicks();  // Of user and system time, 100 a second.
  bool IsServing(const std::string& instance);

  // What HAProxy's `show stat` says of a server, "UP" or "DOWN ..."; empty when it has none of that name.
  std::string ServerStatus(const std::string& backend, const std::string& name) const;
  // A number of `show stat` by its column's name ("reuse"); -1 when there is none.
  std::int64_t ServerCount(const std::string& backend, const std::string& name, const std::string& column) const;

  // The supervisor kills `victim` ("supervisor", "worker" or "caller") when it next comes to `step`; "command:3" is after the
  // third command from now on.
  void KillAt(const std::string& step, const std::string& victim) const;

  // Whether that has happened; takes the order back when it has not.
  bool HasKilled() const;

  // Sends the edge with `spec` in it from a process of its own, and waits for that process to end.
  void SetRouteFromOutside(const RouteSpec& spec);

 private:
  TemporaryFolder temporary_;
  std::string folder_;
  int port_;
  int tls_port_;
  std::unique_ptr<haproxy::HaproxyRouter> router_;
  std::unique_ptr<haproxy::HaproxyFeed> feed_;
  std::map<std::string, std::pair<supervise::Process, int>> instances_;
  std::mutex mutex_;
  FeedSums sums_;
};

}  // namespace tuesday::testing
