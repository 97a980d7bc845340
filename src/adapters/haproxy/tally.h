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

// By HAProxy process and server (as LogLine::key): requests that the server took and gave no answer to. HAProxy counts them
// all and logs only some.
struct FailedSeen {
  std::int64_t process = 0;
  std::map<std::string, std::int64_t, std::less<>> by_server;
};

class Tally {
 public:
  // One line without its line feed.
  void AddLine(std::string_view line);
  void AddUnreadable() { ++batch_.unreadable; }
  void MarkReconnected() { batch_.reconnected = true; }

  // A server that dies inside a request on a client connection that was used before makes HAProxy close that connection
  // without a log line. They are counted, so what is counted and was not logged, seen twice in a row (lines may be on
  // their way), becomes a 502 of that server: what a first request on the connection would have got.
  void AddFailed(const FailedSeen& seen);

  // What was summed since the last call. Tallies are sorted by rollout, slot and instance.
  EdgeBatch Take(WallTime at);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Owed {
    std::int64_t logged = 0;    // Lines that say so.
    std::int64_t reported = 0;  // Made up for.
    std::int64_t last = 0;      // Missing at the last look.
  };

  RequestTally& TallyOf(std::string_view key);

  EdgeBatch batch_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index_;  // Key of a line -> place in the batch.
  std::int64_t counted_process_ = 0;
  std::map<std::string, Owed, std::less<>> owed_;  // By server, of `counted_process_`.
};

}  // namespace tuesday::haproxy
