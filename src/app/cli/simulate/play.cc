// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/play.h"

#include <algorithm>
#include <iterator>

#include "app/cli/simulate/attempt_judge.h"

namespace tuesday::cli::simulate {
namespace {

// What was stable before: a revision that no file can make.
const RevisionId kBefore("0000000000");
constexpr std::string_view kNoEvidenceReason = "NoEvidence";

Ended EndedOf(const rollout::Simulation& simulation) {
  switch (simulation.ending) {
    case rollout::Ending::kPromoted: return Ended::kPromoted;
    case rollout::Ending::kRolledBack: return Ended::kRolledBack;
    case rollout::Ending::kAborted: {
      const bool silent = std::ranges::any_of(simulation.timeline, [](const rollout::SimulatedEvent& event) {
        return event.kind == "rollout.aborted" && event.message.find(kNoEvidenceReason) != std::string::npos;
      });
      return silent ? Ended::kNoEvidence : Ended::kAborted;
    }
    case rollout::Ending::kNone:
    case rollout::Ending::kSuperseded: break;
  }
  return Ended::kUnderWay;
}

// "Aborted rev 2 (...): REASON", without what stands before the reason.
std::string ReasonOf(const rollout::Simulation& simulation) {
  for (const rollout::SimulatedEvent& event : simulation.timeline) {
    if (event.kind != "rollout.aborted" && event.kind != "rollout.rolled_back") continue;
    const std::size_t colon = event.message.find(": ");
    return colon == std::string::npos ? event.message : event.message.substr(colon + 2);
  }
  return simulation.message;
}

bool IsEarlier(const rollout::SimulatedEvent& a, const rollout::SimulatedEvent& b) { return a.at < b.at; }

}  // namespace

std::string_view EndedName(Ended ended) {
  switch (ended) {
    case Ended::kPromoted: return "promoted";
    case Ended::kAborted: return "aborted";
    case Ended::kRolledBack: return "rolled back";
    case Ended::kNoEvidence: return "no evidence";
    case Ended::kUnderWay: break;
  }
  return "under way";
}

Play PlayRollout(const PlayInput& input, const PlayedRollout& rollout, const Script& script, std::uint64_t seed) {
  AttemptJudge judge(input, rollout, script, seed);
  rollout::Scenario scenario;
  scenario.gate_interval = judge.GateInterval();
  scenario.canary_becomes_ready = script.canary_ready;
  scenario.canary_crash_after = script.canary_crash_after;
  scenario.analyses = &judge;
  scenario.gate = [&judge](const rollout::SimulatedMoment& moment) { return judge.Gate(moment); };
  rollout::Simulation simulation = rollout::Simulate(rollout.spec, kBefore, scenario);
  Play play;
  play.name = rollout.spec.name;
  play.seed = seed;
  play.ended = EndedOf(simulation);
  play.reason = ReasonOf(simulation);
  play.took = simulation.took;
  play.canary_requests = judge.canary_requests();
  // The gate speaks before the machine acts.
  std::ranges::merge(judge.events(), simulation.timeline, std::back_inserter(play.timeline), IsEarlier);
  for (const rollout::SimulatedEvent& event : play.timeline) play.weight_max = std::max(play.weight_max, event.weight);
  return play;
}

}  // namespace tuesday::cli::simulate
