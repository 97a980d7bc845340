// SPDX-License-Identifier: Apache-2.0
#include "control/environments/members.h"

#include <charconv>

namespace tuesday::control {
namespace {

using workflow::LegPhase;
using workflow::LegState;
using workflow::RunResult;

void Collect(const workflow::GraphState& graph, std::vector<const LegState*>& legs) {
  for (const workflow::JobState& job : graph.jobs) {
    for (const LegState& leg : job.legs) {
      if (leg.asks_environment) legs.push_back(&leg);
      for (const workflow::GraphState& called : leg.called) Collect(called, legs);
    }
  }
}

runs::DeploymentStatus StatusOf(const LegState& leg) {
  using runs::DeploymentStatus;
  if (leg.phase != LegPhase::kDone) return leg.holds_environment ? DeploymentStatus::kInProgress : DeploymentStatus::kWaiting;
  if (leg.result == RunResult::kSuccess) return DeploymentStatus::kSuccess;
  return leg.result == RunResult::kCancelled ? DeploymentStatus::kCancelled : DeploymentStatus::kFailure;
}

}  // namespace

std::vector<const LegState*> EnvironmentLegs(const workflow::RunState& state) {
  std::vector<const LegState*> legs;
  Collect(state.graph, legs);
  return legs;
}

std::uint64_t NumberOf(const std::string& run) {
  std::uint64_t number = 0;
  std::from_chars(run.data(), run.data() + run.size(), number);
  return number;
}

workflow::EnvironmentLeg MemberOf(const runs::RunSummary& summary, const LegState& leg) {
  return {.run = runs::RecordIdOf(summary),
          .number = NumberOf(summary.id),
          .leg = leg.key,
          .ref = summary.ref,
          .actor = summary.actor,
          .holds = leg.holds_environment,
          .since = leg.environment_since};
}

runs::DeploymentRecord DeploymentOf(const runs::RunSummary& summary, const LegState& leg) {
  runs::DeploymentRecord record{.repository = summary.repository,
                                .ns = summary.ns,
                                .environment = leg.environment_name,
                                .run = summary.id,
                                .attempt = summary.attempt,
                                .leg = leg.key,
                                .sha = summary.sha,
                                .ref = summary.ref,
                                .actor = summary.actor,
                                .status = StatusOf(leg),
                                .reason = leg.reason,
                                .url = leg.environment_url,
                                .asked_at = leg.environment_since};
  if (leg.began != WallTime{}) record.began_at = leg.began;
  if (leg.phase == LegPhase::kDone) record.ended_at = leg.ended;
  return record;
}

std::string PersonOf(const std::string& by) { return by.substr(0, by.find(" (")); }

}  // namespace tuesday::control
