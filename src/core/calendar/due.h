// SPDX-License-Identifier: Apache-2.0
// When a cron expression is due in a time zone. A minute that clocks jump over in spring is due when they have jumped; one that
// they show twice in autumn is due the first time only. Pure.
//
// The first is what GitHub does ("scheduled workflows in skipped hours advance to the next valid time": its documentation of
// `on.schedule`, 2026). The second it does not write down.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "core/calendar/cron.h"
#include "core/calendar/zone.h"

namespace tuesday::calendar {

// The first time after `after`, always at a whole minute of local time; nullopt when there is none ("0 0 30 2 *").
std::optional<WallTime> NextAfter(const Cron& cron, WallTime after, const TimeZone& zone);

struct DueTimes {
  std::vector<WallTime> times;  // Ascending.
  bool has_more = false;        // There are more than were asked for; the later ones are left out.
};

// All times after `after` and up to `until`, that one too; `times_max` at most.
DueTimes DueBetween(const Cron& cron, WallTime after, WallTime until, const TimeZone& zone, std::size_t times_max);

}  // namespace tuesday::calendar
