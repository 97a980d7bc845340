// SPDX-License-Identifier: Apache-2.0
#include "control/gate/sides.h"

#include <utility>

#include "control/metrics/counters.h"
#include "core/rules/file.h"

namespace tuesday::control {
namespace {

gate::AnalysisStands StandsOf(rollout::AnalysisPhase phase) {
  switch (phase) {
    case rollout::AnalysisPhase::kPending: return gate::AnalysisStands::kPending;
    case rollout::AnalysisPhase::kRunning: return gate::AnalysisStands::kRunning;
    case rollout::AnalysisPhase::kSuccessful: return gate::AnalysisStands::kSuccessful;
    case rollout::AnalysisPhase::kFailed: return gate::AnalysisStands::kFailed;
    case rollout::AnalysisPhase::kError: return gate::AnalysisStands::kError;
    case rollout::AnalysisPhase::kInconclusive: break;
  }
  return gate::AnalysisStands::kInconclusive;
}

bool AsksForRollback(const manifest::Object& object) {
  const auto found = object.metadata.annotations.find(std::string(rules::kRollbackAnnotation));
  return found != object.metadata.annotations.end() && found->second == "true";
}

}  // namespace

metrics::ViewIdentity IdentityOf(const RolloutName& rollout) { return {rollout.ns.str(), rollout.name, rollout.name}; }

rules::AttemptLabels LabelsOfAttempt(const RolloutName& rollout, const AttemptId& attempt,
                                     const std::vector<metrics::RoleRow>& rows) {
  rules::AttemptLabels labels;
  labels.metrics = rules::OwnMetrics();
  for (const metrics::RoleRow& row : rows) {
    const Owner owner{rollout, RevisionId(row.revision), rollout.name + "-" + row.revision + "-0", attempt};
    const metrics::Labels own = LabelsOf(owner, "up").With(metrics::kNameLabel, "");
    (row.canary ? labels.canary : labels.stable).push_back(metrics::WithRole(own, row, rollout.name));
  }
  return labels;
}

std::vector<gate::AnalysisSaid> AnalysesSay(const std::vector<rollout::AnalysisSeen>& seen, const AttemptId& attempt,
                                            const std::vector<std::string>& names) {
  std::vector<gate::AnalysisSaid> said;
  for (const rollout::AnalysisSeen& run : seen) {
    if (run.key.attempt != attempt) continue;
    const std::string& name = names[static_cast<std::size_t>(run.key.analysis)];
    said.push_back({name, StandsOf(run.phase), run.measurements_passed, run.message, run.asks_others});
  }
  return said;
}

std::vector<judge::RuleGroup> GroupsOf(const std::vector<manifest::Object>& objects) {
  std::vector<judge::RuleGroup> groups;
  for (const manifest::Object& object : objects) {
    const auto* body = std::get_if<manifest::PrometheusRule>(&object.body);
    if (body == nullptr) continue;
    rules::ReadGroupsResult read = rules::ReadGroups(body->spec, object.at.file);
    const rules::ObjectAsks asks = AsksForRollback(object) ? rules::ObjectAsks::kYes : rules::ObjectAsks::kNo;
    for (rules::Group& group : read.groups) groups.push_back(judge::MakeRuleGroup(std::move(group), asks));
  }
  return groups;
}

}  // namespace tuesday::control
