// SPDX-License-Identifier: Apache-2.0
// The rollout gate of one attempt: its rules that count, its analyses, its restarts and its hanging requests, taken
// together. Pure; control fills the input at every tick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/gate/verdict.h"

namespace tuesday::gate {

inline constexpr int kEvaluationsMin = 2;
inline constexpr double kCanaryRequestsMin = 20;
inline constexpr double kHangingShareMax = 0.01;  // Of the requests that began before the cut-off.
inline constexpr double kHangingCountMin = 5;     // Below it a hang is chance.
inline constexpr double kHangingRatioMax = 4;     // Against the stable side's share.

enum class Counting { kAlways, kWhenFiring };

// One rule that counts (core/rules: StandingOf, JudgeRule).
struct RuleSaid {
  std::string name;
  Finding finding;
  Counting counting = Counting::kAlways;
  bool reads_restarts = false;
};

enum class AnalysisStands { kPending, kRunning, kSuccessful, kFailed, kError, kInconclusive };

struct AnalysisSaid {
  std::string name;
  AnalysisStands stands = AnalysisStands::kPending;
  int measurements_passed = 0;
  std::string message;
  bool asks_others = false;  // Web addresses, jobs: what they say is evidence without a request to the canary.
};

struct InstancesSeen {
  int canary = 0;           // Instances of the revision under judgement.
  int canary_down = 0;      // Of them neither ready nor starting for the first time.
  int canary_restarts = 0;  // Since the attempt began.
};

// Requests of one side: begun before the cut-off (now less four times the P99), and ended until now. The difference is a
// lower bound of what hangs.
struct HangingSeen {
  double canary_begun = 0;
  double canary_ended = 0;
  double stable_begun = 0;
  double stable_ended = 0;
  Duration cut_off{};  // Four times the P99.
};

struct RolloutGateInput {
  std::vector<RuleSaid> rules;
  std::vector<AnalysisSaid> analyses;
  InstancesSeen instances;
  std::optional<HangingSeen> hanging;
  int evaluations = 0;         // Of the rules, in this attempt.
  double canary_requests = 0;  // In the window.
  WallTime from{};             // The window.
  WallTime to{};
};

// A fail wins over no evidence, and it over pass. The reason is the first one of the verdict that won.
Finding JudgeRollout(const RolloutGateInput& input);

}  // namespace tuesday::gate
