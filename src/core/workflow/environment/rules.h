// SPDX-License-Identifier: Apache-2.0
// The rules of one environment: what a job waits for before it may begin there. A value. Pure.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/calendar/zone.h"

namespace tuesday::workflow {

inline constexpr std::size_t kReviewersMax = 20;
inline constexpr std::size_t kEnvironmentPatternsMax = 20;
inline constexpr std::size_t kWindowsMax = 20;
inline constexpr Duration kEnvironmentWaitMax = std::chrono::minutes(43'200);  // As GitHub's wait timer.
inline constexpr std::chrono::hours kReviewPatience{24 * 30};                  // From the job's turn on; then it fails.

// Hours of weekdays in which releases may begin, by the clocks of a zone.
struct Window {
  std::bitset<7> weekdays;  // 0 is Sunday.
  std::chrono::minutes from{};
  std::chrono::minutes until{};  // Not included; at most 24 h.
  friend bool operator==(const Window&, const Window&) = default;
};

// "Mon-Thu,Sat 09:00-16:30"; the weekdays may be left out.
Result<Window> ParseWindow(std::string_view text);

// Nothing begins while one is there, up to `until` or until it is taken back.
struct Freeze {
  std::string reason;
  std::string by;
  std::optional<WallTime> until;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

// No patterns: any ref. Patterns are those of `branches` and `tags` in a workflow.
struct EnvironmentRules {
  std::vector<std::string> reviewers;
  int reviews_needed = 0;
  bool allows_self_review = false;
  Duration wait{};
  std::vector<std::string> branches;
  std::vector<std::string> tags;
  std::vector<std::string> windows;
  std::string time_zone;
  std::optional<Freeze> freeze;
  std::vector<std::string> deploys_to;  // Namespaces that jobs of this environment may release to.
  friend bool operator==(const EnvironmentRules&, const EnvironmentRules&) = default;
};

// Everything that is wrong with them, one sentence each. Whether the time zone is known is not looked at.
std::vector<std::string> MistakesIn(const EnvironmentRules& rules);

// Whether a run of this ref may release there.
bool TakesRef(const EnvironmentRules& rules, std::string_view ref);

// Whether a window is open, or there is none at all; else when the next one opens. `rules` have no mistakes.
struct Opening {
  bool is_open = false;
  std::optional<WallTime> opens_at;
};
Opening OpeningAt(const EnvironmentRules& rules, const calendar::TimeZone& zone, WallTime now);

}  // namespace tuesday::workflow
