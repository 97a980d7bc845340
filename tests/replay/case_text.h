// SPDX-License-Identifier: Apache-2.0
// A played attempt as a unit test of promtool: its samples as input series, and at every tick the alerts with their labels
// and annotations, ALERTS, ALERTS_FOR_STATE and both sides of each comparison to the last bit. Pure.
#pragma once

#include <string>

#include "attempt.h"

namespace tuesday::replay {

// A rule file as Prometheus reads it: the groups of a PrometheusRule.
std::string RuleFileText(const std::string& rules);

// The test file. JSON, which is YAML. In the bake the view moves the predecessor's window with each tick, so every tick of
// it is a test of its own, over the samples that were sealed for it.
std::string TestFileText(const Plot& plot, const Played& played, const std::string& rule_file);

}  // namespace tuesday::replay
