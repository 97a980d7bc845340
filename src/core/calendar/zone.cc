// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/zone.h"

namespace tuesday::calendar {
namespace {

// Further than any clock on Earth is from UTC.
constexpr Seconds kOffsetMax = std::chrono::hours(26);

}  // namespace

LocalSeconds LocalAt(const TimeZone& zone, SysSeconds instant) {
  return LocalSeconds(instant.time_since_epoch() + zone.PeriodAt(instant).offset);
}

SysSeconds FirstInstantOf(const TimeZone& zone, LocalSeconds local) {
  ZonePeriod period = zone.PeriodAt(SysSeconds(local.time_since_epoch()) - kOffsetMax);
  while (true) {
    const SysSeconds instant(local.time_since_epoch() - period.offset);
    if (instant < period.begin) return period.begin;
    if (instant < period.end) return instant;
    period = zone.PeriodAt(period.end);
  }
}

}  // namespace tuesday::calendar
