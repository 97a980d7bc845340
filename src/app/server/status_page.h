// SPDX-License-Identifier: Apache-2.0
// What `tuesday status` shows of many rollouts: those that need a person first, all of them counted, and no more rows than
// asked for. Pure: made of views, so that it can be done off the loop.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "control/view.h"

namespace tuesday::server {

inline constexpr std::size_t kStatusRowsDefault = 500;
inline constexpr std::size_t kStatusRowsMax = 5'000;

struct StatusFilter {
  std::set<rollout::Phase> phases;  // Empty: all.
  std::size_t rows_max = kStatusRowsDefault;
};

// `phases` is "Degraded,Paused" in any case, `limit` a count; empty texts leave the defaults. kInvalid names what is wrong.
Result<StatusFilter> ReadStatusFilter(const std::string& phases, const std::string& limit);

// How soon somebody should look; the order of the rows.
enum class Urgency {
  kBroken,  // Degraded, or held by something that does not work.
  kWaits,   // Goes on only when a person says so.
  kDoubt,   // On its way, and the gate does not pass or instances are not ready.
  kMoves,
  kRests,
};
Urgency UrgencyOf(const control::RolloutView& view);

// "rollouts" (rows as in RolloutSummaryJson with "needs_person"), "counts" (of all views, also those that the filter leaves
// out), "left_out" (rows that passed the filter and not the limit), "last_rollback" (of all views, or null).
Json::Object StatusPage(const std::vector<control::RolloutView>& views, const StatusFilter& filter, const ClockJoin& join);

}  // namespace tuesday::server
