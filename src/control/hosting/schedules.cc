// SPDX-License-Identifier: Apache-2.0
// Runs by the clock. Up to when a repository's schedules have had their runs is stored with the runs themselves: what was
// missed while the daemon was away runs once, and nothing runs twice.
#include <fmt/format.h>

#include <utility>

#include "control/hosting/hosting.h"
#include "core/calendar/due.h"

namespace tuesday::control {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

// Of each schedule that has been due since then one run. What cannot be read as a time was told when it was pushed.
std::vector<NewRun> DueSince(const std::vector<ScheduledRun>& schedules, WallTime since, WallTime until,
                             const TimeZones& zones) {
  std::vector<NewRun> due;
  for (const ScheduledRun& scheduled : schedules) {
    const auto cron = calendar::ParseCron(scheduled.cron);
    const auto zone = zones.Find(scheduled.timezone);
    if (!cron.has_value() || !zone.has_value()) continue;
    if (!calendar::DueBetween(*cron, since, until, **zone, 1).times.empty()) due.push_back(scheduled.run);
  }
  return due;
}

}  // namespace

void Hosting::WatchSchedules() {
  const Duration into_minute = parts_.clock.Wall().time_since_epoch() % kMinute;
  parts_.executor.At(parts_.clock.Now() + (kMinute - into_minute), [self = self_] {
    if (*self == nullptr) return;
    for (const auto& [name, repository] : (*self)->repositories_) (*self)->CheckSchedules(repository);
    (*self)->WatchSchedules();
  });
}

void Hosting::CheckSchedules(const RepositoryPtr& repository) {
  const auto tip = repository->record.refs.find("refs/heads/" + repository->record.default_branch);
  if (tip == repository->record.refs.end()) return;
  const bool is_known = repository->scheduled_at == tip->second;
  if (is_known && repository->schedules.empty()) return;
  struct Answer {
    Result<std::vector<ScheduledRun>> schedules;
    std::vector<NewRun> due;
  };
  auto answer = std::make_shared<Answer>();
  if (is_known) answer->schedules = repository->schedules;
  const WallTime until = parts_.clock.Wall();
  OnLane(
      repository->record.name,
      [sources = SourcesOf(repository->record), &zones = parts_.zones, record = repository->record, is_known, until, answer] {
        if (!is_known) answer->schedules = LookForSchedules(sources, record);
        if (answer->schedules.has_value()) answer->due = DueSince(*answer->schedules, record.schedules_seen, until, zones);
      },
      [this, repository, commit = tip->second, until, answer] {
        if (!answer->schedules.has_value()) return;  // Asked again in a minute.
        repository->schedules = std::move(*answer->schedules);
        repository->scheduled_at = commit;
        if (!answer->due.empty()) BeginDue(repository, std::move(answer->due), until);
      });
}

void Hosting::BeginDue(const RepositoryPtr& repository, std::vector<NewRun> due, WallTime until) {
  WhenFree(repository, [this, repository, due = std::move(due), until] {
    runs::RepositoryRecord next = repository->record;
    // Another look may have begun them meanwhile.
    if (next.schedules_seen >= until) return Looked(repository, {}, Observation());
    next.schedules_seen = until;
    Begin(repository, std::move(next), due, {},
          [this, repository](const Result<std::vector<runs::RunSummary>>&) { Looked(repository, {}, Observation()); });
  });
}

}  // namespace tuesday::control
