// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/own_metrics.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace tuesday::server {
namespace {

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

struct Family {
  const char* name;
  const char* type;
  const char* help;
  std::vector<std::pair<std::string, std::uint64_t>> samples;  // Labels, value.
};

// Routes and listeners are ours: their names need no escaping in a label.
std::string FamilyText(const Family& family) {
  std::string text = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.help, family.type);
  for (const auto& [labels, value] : family.samples) text += fmt::format("{}{{{}}} {}\n", family.name, labels, value);
  return text;
}

std::string LabelledText(const OwnFigures& figures) {
  Family disk{"tuesday_state_bytes", "gauge", "What the state takes on the disk.", {}};
  disk.samples = {{"part=\"database\"", figures.disk.database},
                  {"part=\"metrics\"", figures.disk.metrics},
                  {"part=\"blobs\"", figures.disk.blobs},
                  {"part=\"logs\"", figures.disk.logs}};
  Family requests{"tuesday_http_requests_total", "counter", "Requests by route and status.", {}};
  for (const auto& [key, count] : figures.requests)
    requests.samples.emplace_back(fmt::format("route=\"{}\",status=\"{}\"", key.first, key.second), count);
  Family open{"tuesday_http_connections", "gauge", "Open connections by listener.", {}};
  Family dropped{"tuesday_http_dropped_total", "counter", "Connections and requests that a bound ended.", {}};
  for (const auto& [listener, counters] : figures.listeners) {
    open.samples.emplace_back(fmt::format("listener=\"{}\"", listener), counters.open_connections);
    for (const auto& [why, count] : {std::pair("connections", counters.refused_connections),
                                     {"malformed", counters.bad_requests},
                                     {"handshake", counters.failed_handshakes},
                                     {"late_request", counters.late_requests},
                                     {"late_answer", counters.late_answers},
                                     {"slow_client", counters.dropped_slow_clients}})
      dropped.samples.emplace_back(fmt::format("listener=\"{}\",why=\"{}\"", listener, why), count);
  }
  return FamilyText(disk) + FamilyText(requests) + FamilyText(open) + FamilyText(dropped);
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
           Line{"tuesday_loop_lateness_seconds", "gauge", "How late the loop's last timer was.",
                std::chrono::duration<double>(figures.loop_lateness).count()},
           Line{"tuesday_outbox_rows", "gauge", "Targets that are durable and not yet acknowledged.",
                static_cast<double>(figures.disk.outbox_rows)},
           Line{"tuesday_access_refused_total", "counter", "Requests that their sender may not make.",
                static_cast<double>(figures.refused)},
           Line{"process_resident_memory_bytes", "gauge", "Resident memory.", static_cast<double>(ResidentBytes())},
       }) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", line.name, line.help, line.type, line.value);
  }
  return text + LabelledText(figures);
}

std::uint64_t FileBytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace tuesday::server
