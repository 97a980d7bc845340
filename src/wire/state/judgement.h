// SPDX-License-Identifier: Apache-2.0
// What a restart must not lose of a rollout's judgement: how its rules stood, and its analyses. Written by the loop with the
// entries that tell of it, so that nothing is judged or told twice. See docs/formats/state.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/analysis/analysis.h"
#include "core/gate/verdict.h"
#include "core/judge/attempt_case.h"
#include "core/rollout/world.h"

namespace tuesday::state {

inline constexpr std::string_view kJudgeTable = "judge";
inline constexpr std::string_view kAnalysisTable = "analysis";

// Table "judge", key "namespace/name": the attempt and its gate as it was told last.
struct JudgementRecord {
  AttemptId attempt;
  Instant began;                                // Of the attempt, in the boot that wrote it.
  std::map<InstanceId, int> restarts_at_start;  // What was there before the attempt is not its fault.
  std::optional<gate::Finding> gate;
};

// Table "judge", key "namespace/name/rules". Of the same attempt: both rows are always written together.
struct RulesCaseRecord {
  AttemptId attempt;
  judge::AttemptCase stands;
};

// Table "analysis", key "namespace/name": the runs of its last attempts.
struct AnalysesRecord {
  struct Run {
    rollout::AnalysisRunKey key;
    std::string name;
    analysis::Spec spec;  // As it was resolved when the run began.
    analysis::Status status;
    bool ending = false;
    std::string broken;
  };
  std::string boot_id;  // Of the instants.
  std::vector<Run> runs;
};

std::string RulesCaseKey(const RolloutName& rollout);

std::string Encode(const JudgementRecord& record);
std::string Encode(const RulesCaseRecord& record);
std::string Encode(const AnalysesRecord& record);

Result<JudgementRecord> DecodeJudgement(std::string_view text);
Result<RulesCaseRecord> DecodeRulesCase(std::string_view text);
Result<AnalysesRecord> DecodeAnalyses(std::string_view text);

}  // namespace tuesday::state
