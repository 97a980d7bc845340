// SPDX-License-Identifier: Apache-2.0
// Sums log lines between two batches. A line of a server that was seen in this batch costs no allocation. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/haproxy/edge/log_line.h"
#include "ports/edge_feed.h"

namespace tuesday::haproxy {

// By HAProxy process and server ("BACKEND SERVER"): requests that the server took and gave no answer to. HAProxy logs only some
// of them, and counts as failed only those where it saw the end of the connection while it waited.
struct FailedSeen {
  struct Counts {
    std::int64_t failed = 0;
    std::int64_t unanswered = 0;  // Has all of `failed`, those of clients that went away, and those that may yet be answered.
    std::int64_t open = 0;        // Given to the server and not ended: more than those that may yet be answered.
  };
  std::int64_t process = 0;
  std::map<std::string, Counts, std::less<>> by_server;
};

class Tally {
 public:
  // One line without its line feed, and who sent it: HAProxy's pid, for lines that do not say.
  void AddLine(std::string_view line, std::int64_t process);
  void AddUnreadable() { ++batch_.unreadable; }
  void MarkReconnected() { batch_.reconnected = true; }

  // A server that dies inside a request on a client connection that was used before makes HAProxy close that connection
  // without a log line. They are counted, so what is counted and was not logged, seen twice in a row (lines may be on
  // their way), becomes a 502 of that server: what a first request on the connection would have got. What may still be
  // open is given the benefit of the doubt.
  void AddFailed(const FailedSeen& seen);

  // What was summed since the last call. Tallies are sorted by rollout, slot and instance.
  EdgeBatch Take(WallTime at);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Owed {
    FailedSeen::Counts first;            // At the first look.
    std::int64_t logged_failed = 0;      // Lines that say that the server failed.
    std::int64_t logged_unanswered = 0;  // Lines without an answer of the server.
    std::int64_t reported = 0;           // Made up for.
    std::int64_t last = 0;               // Missing at the last look.
  };

  RequestTally& TallyOf(std::string_view key);

  EdgeBatch batch_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index_;  // Key of a line -> place in the batch.
  std::int64_t counted_process_ = 0;
  std::map<std::string, Owed, std::less<>> owed_;  // By server, of `counted_process_`.
};

}  // namespace tuesday::haproxy
