// SPDX-License-Identifier: Apache-2.0
// Who may release to an environment now. Follows from who is there, the rules, the reviews and the time alone. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/workflow/environment/rules.h"

namespace tuesday::workflow {

// A job that names the environment and has not ended, or whose release goes on without it.
struct EnvironmentLeg {
  std::string run;           // The attempt's id.
  std::uint64_t number = 0;  // Of the run, over all repositories: a later push has a higher one.
  std::string leg;
  std::string ref;
  std::string actor;   // Who began the run.
  bool holds = false;  // It was let in.
  WallTime since{};    // When it came to its turn.
};

// What one person said of a run's attempt.
struct Review {
  std::string run;
  std::string by;
  bool approves = false;
  bool bypasses = false;  // An admin's word, in the place of all rules.
  std::string reason;
  friend bool operator==(const Review&, const Review&) = default;
};

// An environment that nobody has made has no rules, as with GitHub.
struct EnvironmentNow {
  std::string name;
  EnvironmentRules rules;
  const calendar::TimeZone* zone = nullptr;  // Null: UTC.
  std::vector<Review> reviews;
  std::optional<std::uint64_t> released;  // The highest number of a run whose release there went well.
};

enum class LegRuling { kGranted, kWaits, kSuperseded, kRefused };

struct LegDecision {
  std::string run;
  std::string leg;
  LegRuling ruling = LegRuling::kWaits;
  std::vector<std::string> reasons;  // What it waits for, or why it has lost its turn.
  int reviews_missing = 0;
};

struct EnvironmentOutcome {
  std::vector<LegDecision> legs;  // Of those that do not hold it.
  std::optional<WallTime> wake_at;
};

// One run at a time is let in, with all its jobs. Of those whose rules are met the newest goes first, and older ones are
// superseded by it; a run older than one that was released, or is being released, never comes in.
EnvironmentOutcome SettleEnvironment(const EnvironmentNow& environment, const std::vector<EnvironmentLeg>& legs, WallTime now);

// Why this person may not review a run that `actor` began; nothing when they may.
std::optional<std::string> MayNotReview(const EnvironmentRules& rules, const std::string& actor, const std::string& by);

}  // namespace tuesday::workflow
