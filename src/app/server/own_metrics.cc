// SPDX-License-Identifier: Apache-2.0
#include "app/server/own_metrics.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace tuesday::server {
namespace {

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

}  // namespace

std::string OwnMetricsText(const OwnFigures& figures) {
  struct Line {
    const char* name;
    const char* type;
    const char* help;
    double value;
  };
  const control::Health& health = figures.health;
  std::string text;
  for (const Line& line : {
           Line{"tuesday_decisions_total", "counter", "Decisions of rollouts.", static_cast<double>(health.decisions)},
           Line{"tuesday_commits_total", "counter", "Transactions that were made durable.",
                static_cast<double>(health.commits)},
           Line{"tuesday_commits_failed_total", "counter", "Transactions that the store refused.",
                static_cast<double>(health.commits_failed)},
           Line{"tuesday_targets_performed_total", "counter", "Targets that were made true.",
                static_cast<double>(health.performed)},
           Line{"tuesday_series", "gauge", "Series in memory.", static_cast<double>(figures.series.series)},
           Line{"tuesday_samples", "gauge", "Samples in memory.", static_cast<double>(figures.series.samples)},
           Line{"tuesday_series_bytes", "gauge", "Memory of series and samples.", static_cast<double>(figures.series.bytes)},
           Line{"tuesday_samples_evicted_total", "counter", "Samples dropped before their time for want of room.",
                static_cast<double>(figures.series.evicted_samples)},
           Line{"tuesday_loop_slow_tasks_total", "counter", "Tasks that held the loop for more than 5 ms.",
                static_cast<double>(figures.slow_tasks)},
           Line{"tuesday_loop_longest_task_seconds", "gauge", "The longest of them.",
                std::chrono::duration<double>(figures.longest_task).count()},
           Line{"tuesday_jobs_waiting", "gauge", "Blocking calls that wait for a worker.",
                static_cast<double>(figures.waiting_jobs)},
           Line{"process_resident_memory_bytes", "gauge", "Resident memory.", static_cast<double>(ResidentBytes())},
       }) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", line.name, line.help, line.type, line.value);
  }
  return text;
}

std::uint64_t FileBytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace tuesday::server
