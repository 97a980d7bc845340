// SPDX-License-Identifier: Apache-2.0
#include "wire/state/judgement.h"

#include "wire/state/fields_judgement.h"
#include "wire/state/row.h"

namespace tuesday::state {

std::string RulesCaseKey(const RolloutName& rollout) { return rollout.Text() + "/rules"; }

std::string Encode(const JudgementRecord& record) { return EncodeRow(record); }
std::string Encode(const RulesCaseRecord& record) { return EncodeRow(record); }
std::string Encode(const AnalysesRecord& record) { return EncodeRow(record); }

Result<JudgementRecord> DecodeJudgement(std::string_view text) { return DecodeRow<JudgementRecord>(text); }
Result<RulesCaseRecord> DecodeRulesCase(std::string_view text) { return DecodeRow<RulesCaseRecord>(text); }
Result<AnalysesRecord> DecodeAnalyses(std::string_view text) { return DecodeRow<AnalysesRecord>(text); }

}  // namespace tuesday::state
