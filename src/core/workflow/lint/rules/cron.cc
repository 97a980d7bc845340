// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/rules/cron.h"

#include <algorithm>
#include <vector>

#include "core/calendar/cron.h"

namespace tuesday::workflow::lint {
namespace {

constexpr int kDaySeconds = 24 * 3'600;

}  // namespace

Result<int> ShortestInterval(std::string_view text) {
  const auto cron = calendar::ReadCron(text);
  if (!cron) return Fail(ErrorCode::kInvalid, cron.error().message, cron.error().mend);
  std::vector<int> seconds;
  for (std::size_t hour = 0; hour < cron->hours.size(); ++hour) {
    for (std::size_t minute = 0; cron->hours[hour] && minute < cron->minutes.size(); ++minute) {
      if (cron->minutes[minute]) seconds.push_back(static_cast<int>(hour * 3'600 + minute * 60));
    }
  }
  int shortest = kDaySeconds;
  for (std::size_t i = 1; i < seconds.size(); ++i) shortest = std::min(shortest, seconds[i] - seconds[i - 1]);
  // From the last run of a day to the first of the next; that there is a next day is taken for granted.
  if (seconds.size() > 1) shortest = std::min(shortest, seconds.front() + kDaySeconds - seconds.back());
  return shortest;
}

}  // namespace tuesday::workflow::lint
