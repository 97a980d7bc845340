// SPDX-License-Identifier: Apache-2.0
// Requests that are still open are evidence too: a canary that hangs is seen before its timeouts. Keeps what the edge counted
// a second at a time, and gives a lower bound of the requests that hang.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/id.h"
#include "ports/traffic_router.h"

namespace tuesday::control {

class OpenRequests {
 public:
  void OnEdge(const EdgeSeen& seen, std::int64_t now_ms);

  // Of these instances, since `from_ms`: how many requests had begun `cut_off_ms` ago, and how many have ended until now. None
  // while that time is not covered. Requests that were open at `from_ms` and end later count as ended: a lower bound.
  struct Flow {
    double begun = 0;
    double ended = 0;
  };
  std::optional<Flow> FlowOf(const std::set<InstanceId>& instances, std::int64_t from_ms, std::int64_t cut_off_ms) const;

 private:
  struct Count {
    std::int64_t begun = 0;
    std::int64_t ended = 0;
  };
  struct Second {
    std::int64_t at_ms = 0;
    std::map<InstanceId, Count> counts;
  };

  std::int64_t process_ = 0;    // Counters begin at 0 with each process of the edge.
  std::deque<Second> seconds_;  // Oldest first.
};

}  // namespace tuesday::control
