// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/simulate.h"

#include <gtest/gtest.h>

#include "core/rollout/bench_world.h"

namespace tuesday::rollout {
namespace {

using std::chrono::minutes;

Spec Playbook() {
  Spec spec = SixReplicas({SetWeight{Weight::Percent(10)}, Pause{minutes(5)}, SetWeight{Weight::Percent(30)}, Pause{minutes(5)},
                           SetWeight{Weight::Percent(60)}, Pause{minutes(10)}});
  spec.revision = RevisionId("v2");
  return spec;
}

TEST(Simulate, HealthyPlaybookCanaryIsPromotedAfterTwentyMinutesAndItsBake) {
  const Simulation simulation = Simulate(Playbook(), RevisionId("v1"), {});
  EXPECT_EQ(simulation.ending, Ending::kPromoted);
  EXPECT_GE(simulation.took, minutes(30));
  EXPECT_LE(simulation.took, minutes(31));
  std::vector<int> weights;
  for (const SimulatedEvent& event : simulation.timeline) {
    if (event.kind == "rollout.weight") weights.push_back(event.weight.permille());
  }
  EXPECT_EQ(weights, (std::vector<int>{100, 300, 600, 1000, 0}));
}

TEST(Simulate, FailingGateEndsItAtTheStepItFailed) {
  Scenario scenario;
  scenario.gate = [](const SimulatedMoment& moment) -> gate::Finding {
    if (moment.weight < Weight::Percent(30)) return {gate::Verdict::kPass, "", {}};
    return {gate::Verdict::kFail, "CanaryHighErrorRate 2 % > 1 %", {}};
  };
  const Simulation simulation = Simulate(Playbook(), RevisionId("v1"), scenario);
  EXPECT_EQ(simulation.ending, Ending::kAborted);
  EXPECT_EQ(simulation.phase, Phase::kDegraded);
  EXPECT_GE(simulation.took, minutes(5));
  EXPECT_LE(simulation.took, minutes(6));
}

TEST(Simulate, CanaryThatNeverBecomesReadyGetsNoRequest) {
  Scenario scenario;
  scenario.canary_becomes_ready = false;
  scenario.time_max = std::chrono::hours(1);
  const Simulation simulation = Simulate(Playbook(), RevisionId("v1"), scenario);
  EXPECT_EQ(simulation.ending, Ending::kNone);
  EXPECT_EQ(simulation.phase, Phase::kDegraded);
  for (const SimulatedEvent& event : simulation.timeline) EXPECT_EQ(event.weight, kNoWeight);
}

TEST(Simulate, OneCanaryTakesFewDecisions) { EXPECT_LT(Simulate(Playbook(), RevisionId("v1"), {}).decisions, 400U); }

}  // namespace
}  // namespace tuesday::rollout
