// SPDX-License-Identifier: Apache-2.0
#include "app/server/step_text.h"

#include <fmt/format.h>

namespace tuesday::server {
namespace {

struct Texts {
  std::string operator()(const rollout::SetWeight& step) const { return "setWeight " + step.weight.Text(); }
  std::string operator()(const rollout::Pause& step) const {
    return step.duration.has_value() ? "pause " + DurationText(*step.duration) : "pause until promoted";
  }
  std::string operator()(const rollout::SetCanaryScale& step) const {
    if (step.replicas.has_value()) return fmt::format("setCanaryScale {} instances", *step.replicas);
    if (step.weight_percent.has_value()) return fmt::format("setCanaryScale {} %", *step.weight_percent);
    return "setCanaryScale matches the weight";
  }
  std::string operator()(const rollout::AnalysisStep&) const { return "analysis"; }
};

}  // namespace

std::string StepText(const rollout::Step& step) { return std::visit(Texts(), step); }

}  // namespace tuesday::server
