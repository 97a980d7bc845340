// SPDX-License-Identifier: Apache-2.0
// Makes a running HAProxy do what the edge says, through its Runtime API, and reads back what it does. Keeps only how long
// removed servers have been draining. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adapters/haproxy/edge/changes.h"
#include "adapters/haproxy/supervisor/runtime.h"
#include "base/time.h"

namespace tuesday::haproxy {

// What HAProxy says of itself.
struct SeenEdge {
  std::int64_t process = 0;
  std::string structure;  // Digest of the structure that it was started with.
  MapEntries routes;
  MapEntries exact;
  MapEntries prefix;
  SeenStat stat;
};

class Applier {
 public:
  // `after_command` is for tests that kill something there; with it commands are sent one by one.
  Applier(std::string folder, Duration drain, std::function<void()> after_command = nullptr);

  Result<SeenEdge> Look() const;

  // Adds servers, then changes routes, then removes servers; returns what was read back. Fails with kUnavailable when a route
  // that was asked for is not the one read back. `now` times the drains.
  Result<SeenEdge> Apply(const Edge& edge, Instant now);

  // Whether removed servers still have requests inside them: ask again soon.
  bool HasLeftovers() const { return !leftover_since_.empty(); }

 private:
  std::string MapPath(std::string_view name) const;
  Result<void> Run(const std::vector<std::string>& commands) const;
  std::vector<std::string> Commands(const Edge& edge, const SeenEdge& seen, Instant now);
  void NoteLeftovers(const ServerCommands& commands, Instant now);

  std::string folder_;
  Duration drain_;
  std::function<void()> after_command_;
  RuntimeApi runtime_;
  std::map<std::string, Instant> leftover_since_;
};

}  // namespace tuesday::haproxy
