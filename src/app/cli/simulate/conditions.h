// SPDX-License-Identifier: Apache-2.0
// How the simulated world behaves: requests a second, and how each side answers them, also over time. From the command
// line and from a scenario file (docs/guide/simulate.md).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "app/cli/simulate/scripted_asker.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::cli::simulate {

// How one side answers.
struct SideConditions {
  double errors_percent = 0;  // Of its requests: status 500.
  double latency_factor = 1;  // Of the usual latency.
  friend bool operator==(const SideConditions&, const SideConditions&) = default;
};

// What holds from one instant on.
struct Conditions {
  Duration at{};  // Since the new revision was applied.
  double requests_per_second = 200;
  SideConditions canary;
  SideConditions stable;
  friend bool operator==(const Conditions&, const Conditions&) = default;
};

// A whole script. `changes` is never empty, ascending, and its first begins at 0.
struct Script {
  std::vector<Conditions> changes{Conditions{}};
  bool canary_ready = true;                    // The new revision's instances become ready.
  std::optional<Duration> canary_crash_after;  // Each of its processes ends so long after it became ready.
  Answers answers;                             // Of metrics that ask addresses or run jobs.
  friend bool operator==(const Script&, const Script&) = default;
};

inline constexpr std::size_t kChangesMax = 1'000;
inline constexpr std::size_t kAnswersMax = 10'000;  // Of one metric.
inline constexpr double kRequestsPerSecondMax = 1e6;
inline constexpr double kLatencyFactorMin = 0.01;
inline constexpr double kLatencyFactorMax = 1'000;

// Reads a scenario over `base`, whose figures hold where the file gives none. kInvalid names file:line:column, the key and
// the nearest known one.
Result<Script> ReadScenario(std::string_view text, std::string_view file, const Conditions& base);

}  // namespace tuesday::cli::simulate
