// SPDX-License-Identifier: Apache-2.0
// A time zone: what people's clocks show at an instant. Pure; the rules come from outside.
#pragma once

#include <chrono>

#include "base/time.h"

namespace tuesday::calendar {

using Seconds = std::chrono::seconds;
using SysSeconds = std::chrono::sys_time<Seconds>;      // UTC.
using LocalSeconds = std::chrono::local_time<Seconds>;  // What clocks show, whatever the zone.

// A time during which clocks are ahead of UTC by the same amount: from `begin` to before `end`.
struct ZonePeriod {
  SysSeconds begin = SysSeconds::min();
  SysSeconds end = SysSeconds::max();
  Seconds offset{};
};

// Thread-safe. Periods follow each other without a gap.
class TimeZone {
 public:
  virtual ~TimeZone() = default;

  // The period that the instant is in.
  virtual ZonePeriod PeriodAt(SysSeconds instant) const = 0;
};

class Utc : public TimeZone {
 public:
  ZonePeriod PeriodAt(SysSeconds) const override { return {}; }
};

LocalSeconds LocalAt(const TimeZone& zone, SysSeconds instant);

// When clocks show `local`: the first time when they do twice, and the moment at which they jump over it when they never do.
SysSeconds FirstInstantOf(const TimeZone& zone, LocalSeconds local);

}  // namespace tuesday::calendar
