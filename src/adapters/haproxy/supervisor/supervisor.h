// SPDX-License-Identifier: Apache-2.0
// The edge's supervisor: the only writer of HAProxy. Outlives the daemon, holds the listening sockets, keeps the edge on disk
// as a cold start should load it, and makes the running HAProxy do the same. Protocol: docs/formats/edge.md.
// One thread; every request is answered before the next is read.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace tuesday::haproxy {

struct EdgeSupervisorOptions {
  std::string folder;                         // Everything of the edge is in it; made where missing.
  std::string haproxy_program = "haproxy";    // Looked up in PATH.
  Duration drain = std::chrono::seconds(30);  // Until requests inside a removed server are cut.
  // Called between two steps of a change ("checked", "saved", "written", "changed", and "command" after each single one of the
  // Runtime API) with HAProxy's pid. For tests that kill something there.
  std::function<void(std::string_view step, pid_t worker)> at_step;
};

// Runs until `stop` is asked for over the socket. kConflict when another supervisor has the folder.
Result<void> RunEdgeSupervisor(const EdgeSupervisorOptions& options);

// Where it listens.
std::string EdgeSocketPath(const std::string& folder);

}  // namespace tuesday::haproxy
