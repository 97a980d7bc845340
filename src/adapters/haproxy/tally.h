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

// By HAProxy process and backend: requests that ended with no answer. HAProxy counts them all and logs only some.
struct SilentSeen {
  std::int64_t process = 0;
  std::map<std::string, std::int64_t, std::less<>> by_backend;
};

class Tally {
 public:
  // One line without its line feed.
  void AddLine(std::string_view line);
  void AddUnreadable() { ++batch_.unreadable; }
  void MarkReconnected() { batch_.reconnected = true; }

  // A server that dies inside a request on a client connection that was used before makes HAProxy close that connection
  // without a log line. They are counted, so what is counted and was not logged, seen twice in a row (lines may be on
  // their way), becomes a 502 of the slot that was chosen: what a first request on the connection would have got.
  void AddSilent(const SilentSeen& seen);

  // What was summed since the last call. Tallies are sorted by rollout, slot and instance.
  EdgeBatch Take(WallTime at);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Owed {
    std::int64_t logged = 0;    // Lines without a status.
    std::int64_t reported = 0;  // Made up for.
    std::int64_t last = 0;      // Missing at the last look.
  };

  RequestTally& TallyOf(const LogLine& line);

  EdgeBatch batch_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index_;  // Key of a line -> place in the batch.
  std::int64_t silent_process_ = 0;
  std::map<std::string, Owed, std::less<>> owed_;  // By backend, of `silent_process_`.
};

}  // namespace tuesday::haproxy
