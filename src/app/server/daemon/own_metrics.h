// SPDX-License-Identifier: Apache-2.0
// What the daemon says about itself, in Prometheus' text format.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "adapters/http/server.h"
#include "app/server/daemon/disk.h"
#include "app/server/request_counts.h"
#include "base/time.h"
#include "control/view.h"
#include "core/metrics/store.h"

namespace tuesday::server {

struct OwnFigures {
  control::Health health;
  metrics::Stats series;
  std::uint64_t slow_tasks = 0;
  Duration longest_task{};
  std::size_t waiting_jobs = 0;
  Duration loop_lateness{};  // Of the last timer that was looked at.
  DiskUse disk;
  std::uint64_t refused = 0;
  std::map<std::string, http::ServerCounters> listeners;
  RequestCounts requests;
};

std::string OwnMetricsText(const OwnFigures& figures);

// Size of a file; 0 when it is not there.
std::uint64_t FileBytes(const std::string& path);

}  // namespace tuesday::server
