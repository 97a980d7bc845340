// SPDX-License-Identifier: Apache-2.0
// One line of the edge's log, parsed without an allocation. The format is ours (docs/formats/edge.md), in two versions because
// an edge outlives the daemon's upgrade; a line that does not fit one exactly is refused, never guessed at.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tuesday::haproxy {

// Views into the line.
struct LogLine {
  std::int64_t process = 0;  // Pid of the HAProxy that served the request; 0: the line does not say.
  std::string_view key;      // Backend and server as written: equal keys are of one server.
  std::string_view rollout;  // "namespace.name"; empty: no rollout serves that host and path.
  int slot = -1;             // Chosen by the route; of a backup server, the slot that the server belongs to.
  std::string_view server;   // The instance; empty: no server was reached.
  int status = -1;           // -1: the client went away before an answer.
  std::int64_t total_us = 0;
  std::optional<std::int64_t> first_us;  // Empty: the server gave no answer.
  std::string_view termination;          // HAProxy's two letters; "--" is a normal end.
  std::int64_t bytes = 0;
};

// `line` without its line feed. Empty when it is not one of ours.
std::optional<LogLine> ParseLogLine(std::string_view line);

}  // namespace tuesday::haproxy
