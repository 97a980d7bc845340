// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "core/manifest/annotations.h"
#include "core/manifest/check/rules.h"

namespace tuesday::manifest {
namespace {

// The first weight whose share of the instances is one.
void CheckOneInstance(const RolloutCheck& check) {
  std::optional<StepSetCanaryScale> scale;
  const std::vector<Step>& steps = check.canary->steps;
  for (const Step& step : steps) {
    if (const auto* set = std::get_if<StepSetCanaryScale>(&step.body)) scale = *set;
    const auto* weight = std::get_if<StepSetWeight>(&step.body);
    if (weight == nullptr || weight->percent == 0 || weight->percent == 100) continue;
    if (scale && !scale->match_traffic_weight) continue;  // The author chose the number.
    const int instances = (weight->percent * check.rollout.replicas + 99) / 100;
    if (instances != 1 || check.rollout.replicas < 2) continue;
    check.Say(Severity::kNote, step.at, "one-instance",
              fmt::format("{} % of {} replicas is one instance: a bad machine and a bad release look alike.", weight->percent,
                          check.rollout.replicas),
              "At least three instances carry the canary's evidence when the gate is statistical.");
    return;
  }
}

void CheckPerRequest(const RolloutCheck& check) {
  constexpr int kRequests = 10;  // Of one visit, for the figure in the sentence.
  if (!check.canary->traffic_routing) return;
  const Result<Annotations> annotations = ReadAnnotations(check.object.metadata.annotations);
  if (annotations.has_value() && annotations->sticky == Sticky::kOn) return;
  for (const Step& step : check.canary->steps) {
    const auto* weight = std::get_if<StepSetWeight>(&step.body);
    if (weight == nullptr || weight->percent == 0 || weight->percent == 100) continue;
    const double meet = 1 - std::pow(1 - weight->percent / 100.0, kRequests);
    check.Say(
        Severity::kNote, PosOf(check.object, {"spec", "strategy", "canary", "trafficRouting", "nginx"}), "per-request-weight",
        fmt::format("Weights are per request, not per user: with {} requests {:.0f} % of the users meet a canary of {} %.",
                    kRequests, meet * 100, weight->percent),
        "The annotation `tuesday/sticky: \"true\"` keeps a user with one revision.");
    return;
  }
}

}  // namespace

void CheckWeights(const RolloutCheck& check) {
  CheckOneInstance(check);
  CheckPerRequest(check);
}

}  // namespace tuesday::manifest
