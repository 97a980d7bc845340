// SPDX-License-Identifier: Apache-2.0
// Plays one attempt of a canary with drawn traffic through the daemon's own recorder and judge, and keeps what was read and
// said at every tick of the rules: what a replay through another program is compared with. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/promql/engine.h"
#include "core/rules/alert.h"

namespace tuesday::replay {

// What happens to the canary, in seconds since the attempt began.
struct Plot {
  std::string name;
  double error_share = 0;
  double latency_factor = 1;
  int bad_from = 0;
  int bad_until = 0;
  std::vector<int> restarts_at;
  int away_from = 0;  // The daemon is gone: nothing is counted, sampled or judged.
  int away_until = 0;
  std::vector<std::string> fires;  // Alerts that must fire; no other may.
};

// The side of an alert's comparison as it was before the filter.
struct Side {
  std::string expr;
  promql::Vector value;
};

struct Tick {
  std::int64_t at_ms = 0;
  bool in_bake = false;
  std::vector<metrics::Series> samples;  // Exactly those that the evaluation read.
  promql::Vector alerts;                 // ALERTS and ALERTS_FOR_STATE.
  std::vector<Side> sides;
  std::map<std::string, std::vector<rules::ActiveAlert>> firing;  // By alert.
};

struct Played {
  std::int64_t began_ms = 0;
  std::int64_t interval_ms = 0;               // Of the rules.
  std::map<std::string, std::string> phases;  // By alert: '.' inactive, 'p' pending, 'F' firing, a letter a tick.
  std::vector<Tick> ticks;
};

// `rules` is the text of a PrometheusRule with one group. The process ends when the judge and the evaluation of its rules
// disagree: nothing could be compared then.
Played PlayAttempt(const Plot& plot, const std::string& rules);

}  // namespace tuesday::replay
