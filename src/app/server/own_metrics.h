// SPDX-License-Identifier: Apache-2.0
// What the daemon says about itself, in Prometheus' text format.
#pragma once

#include <cstdint>
#include <string>

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
};

std::string OwnMetricsText(const OwnFigures& figures);

// Size of a file; 0 when it is not there.
std::uint64_t FileBytes(const std::string& path);

}  // namespace tuesday::server
