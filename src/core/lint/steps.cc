// SPDX-License-Identifier: Apache-2.0
// The order of a canary's steps.
#include <fmt/format.h>

#include "core/lint/checks.h"

namespace tuesday::lint {
namespace {

using manifest::CanaryStrategy;
using manifest::Step;
using manifest::StepPause;
using manifest::StepSetWeight;

// How long the edge lets connections of a revision end (WebSockets among them) before it closes them.
constexpr Duration kDrain = std::chrono::seconds(30);

void LintWeights(const Report& report, const CanaryStrategy& canary) {
  const int full = canary.traffic_routing ? canary.traffic_routing->max_traffic_weight : 100;
  int before = 0;
  bool is_set = false;
  for (const Step& step : canary.steps) {
    if (is_set && before == full) {
      report.Say("step-after-full", step.at, "This step comes when the canary has all requests: nothing is left to try.",
                 "End the steps before it; after the last one the release is promoted.");
      return;
    }
    const auto* weight = std::get_if<StepSetWeight>(&step.body);
    if (weight == nullptr) continue;
    if (is_set && weight->percent == before) {
      report.Say("weight-repeats", step.at, fmt::format("The weight is {} % already: this step changes nothing.", before),
                 "Remove it, or raise it.");
    } else if (weight->percent < before) {
      report.Say("weight-falls", step.at, fmt::format("The weight falls from {} % to {} %.", before, weight->percent),
                 "Let weights rise: a step back is an abort.");
    }
    before = weight->percent;
    is_set = true;
  }
}

void LintLastPause(const Report& report, const CanaryStrategy& canary) {
  const auto* pause = canary.steps.empty() ? nullptr : std::get_if<StepPause>(&canary.steps.back().body);
  if (pause == nullptr || pause->duration) return;
  report.Say("endless-last-pause", canary.steps.back().at,
             "The last step waits for a person: until `tuesday rollout promote` two versions run side by side.",
             "Give it a duration, or a gate.");
}

}  // namespace

void LintSteps(const Report& report, const manifest::Rollout& rollout) {
  const auto* canary = std::get_if<CanaryStrategy>(&rollout.strategy);
  const auto* blue_green = std::get_if<manifest::BlueGreenStrategy>(&rollout.strategy);
  const std::optional<Duration> delay = canary != nullptr ? canary->scale_down_delay : blue_green->scale_down_delay;
  if (delay && *delay < kDrain) {
    report.Say("scale-down-before-drain",
               manifest::PosOf(report.object, {"spec", "strategy", manifest::StrategyKey(rollout), "scaleDownDelaySeconds"}),
               fmt::format("The old instances are stopped after {}, and connections to them are given {} to end.",
                           DurationText(*delay), DurationText(kDrain)),
               "Write at least 30.");
  }
  if (canary == nullptr) return;
  LintWeights(report, *canary);
  LintLastPause(report, *canary);
}

}  // namespace tuesday::lint
