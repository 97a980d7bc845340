// SPDX-License-Identifier: Apache-2.0
// What to tell a running HAProxy so that it does what the edge says: the difference between what is wanted and what was read
// back, as lines of the Runtime API. Pure, so that every difference is a table in a test.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/haproxy/edge/config.h"
#include "base/result.h"

namespace tuesday::haproxy {

// A server of `show stat`.
struct SeenServer {
  std::string backend;
  std::string name;
  std::string address;
  std::string status;        // "UP", "DOWN", "MAINT", "DRAIN", ...
  std::string check_status;  // "L4OK", "L7OK", "INI", ...; empty without a check of its own.
  std::int64_t open = 0;
  std::int64_t queued = 0;
  std::int64_t total = 0;
  std::int64_t failed = 0;      // Requests that it took and gave no answer to, as far as HAProxy saw why.
  std::int64_t unanswered = 0;  // All that it was given and that have no answer, or none yet.

  // Its own check passed: what was only just added is up before anybody looked, and that does not count.
  bool IsUp() const;
};

struct SeenStat {
  std::vector<SeenServer> servers;
  std::int64_t client_connections = 0;  // Of all listeners, idle ones too.
};

// Reads the answer to `show stat`. Fails with kUnavailable when columns are missing or a line is cut.
Result<SeenStat> ParseStat(std::string_view text);

// Reads the answer to `show map`.
Result<MapEntries> ParseMap(std::string_view text);

// One value of `show info`, such as "Pid"; empty when it is not there.
std::string_view InfoValue(std::string_view text, std::string_view key);

// Makes the map in `path` equal to `wanted`: additions and changes first, so that no key is missing meanwhile.
std::vector<std::string> MapCommands(const std::string& path, const MapEntries& wanted, const MapEntries& seen);

struct ServerCommands {
  std::vector<std::string> add;       // Before the routes: nothing may be sent to a slot without servers.
  std::vector<std::string> remove;    // After the routes.
  std::vector<std::string> leftover;  // "backend/server" that still have requests inside them, to be asked about again.
};

// `expired` names the leftovers whose drain is over: what is still open inside them is closed.
ServerCommands PlanServers(const std::vector<PlacedServer>& wanted, const std::vector<SeenServer>& seen,
                           const std::set<std::string>& expired);

}  // namespace tuesday::haproxy
