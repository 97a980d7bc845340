// SPDX-License-Identifier: Apache-2.0
// Time as values. `Instant` is CLOCK_BOOTTIME: durations count in it and a jump of the wall clock cannot move it.
// `WallTime` is for calendars, samples and people. Nothing here can read a clock; `ports/clock.h` does.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday {

using Duration = std::chrono::nanoseconds;

// The machine's time since boot. It has no `now`: who wants to know gets an Instant passed in.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

// Milliseconds since 1970 UTC: the resolution of samples and of what people read.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// Joins the two clocks: fixed when the daemon starts, so that all of one run's instants convert the same way.
struct ClockJoin {
  Instant boot;
  WallTime wall;

  WallTime ToWall(Instant instant) const;
  Instant ToBoot(WallTime time) const;
};

constexpr Duration kForever = Duration::max();

// "1m32s", "250ms", "0s": at most the two largest units, for people.
std::string DurationText(Duration duration);

// Go's form, as Kubernetes and Argo read it: "300ms", "1h30m", "-1.5h".
Result<Duration> ParseGoDuration(std::string_view text);

// Prometheus' form: "5m", "1h30m", "1d"; units y w d h m s ms in descending order, integers only.
Result<Duration> ParsePromDuration(std::string_view text);

// RFC 3339 with milliseconds in UTC: "2026-11-24T14:00:00.000Z".
std::string WallText(WallTime time);
Result<WallTime> ParseWall(std::string_view text);

}  // namespace tuesday
