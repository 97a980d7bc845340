// SPDX-License-Identifier: Apache-2.0
// Counts the requests that the edge's log told of against those that its statistics counted. What exceeds the requests
// that were still open, after the log had two ticks to come, was lost: that window is a gap, and no evidence.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "ports/edge_feed.h"
#include "ports/traffic_router.h"

namespace tuesday::control {

struct Gap {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::int64_t lost = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

class LossAccount {
 public:
  // Totals are since the edge's process began; another process begins a new account.
  void OnEdge(const EdgeSeen& seen, std::int64_t now_ms);
  void OnBatch(const EdgeBatch& batch, std::int64_t now_ms);

  bool Overlaps(std::int64_t from_ms, std::int64_t to_ms) const;
  const std::deque<Gap>& gaps() const { return gaps_; }

 private:
  struct Ticket {
    std::int64_t at_ms = 0;
    std::int64_t ended = 0;  // Requests that had ended by then, by the statistics.
    int ticks = 0;           // Batches that have come since.
  };

  // What one server had counted when it was last seen.
  struct Total {
    std::int64_t requests = 0;
    std::int64_t seen_ms = 0;
  };

  void ForgetGone(std::int64_t now_ms);
  void AddGap(Gap gap);

  std::int64_t process_ = 0;
  std::map<RolloutName, std::map<std::pair<int, InstanceId>, Total>> totals_;  // By slot and instance.
  std::int64_t forgot_ms_ = 0;                                                 // When those that are gone were last looked for.
  std::int64_t counted_ = 0;                                                   // Begun since the account began.
  std::int64_t logged_ = 0;
  std::int64_t even_at_ms_ = 0;  // When the two were last known to agree.
  bool began_ = false;
  bool had_batch_ = false;
  std::deque<Ticket> tickets_;
  std::deque<Gap> gaps_;
};

}  // namespace tuesday::control
