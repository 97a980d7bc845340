// SPDX-License-Identifier: Apache-2.0
#include "app/cli/render/plan.h"

#include <fmt/format.h>

#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"
#include "base/source.h"
#include "base/time.h"

namespace tuesday::cli {
namespace {

std::string SecondsText(double seconds) {
  return DurationText(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

std::string RolloutText(const Json& plan) {
  const std::string move = plan.At("move").StringOr("");
  if (move == "none") return "";
  if (move == "removal") {
    return fmt::format("\n{}/{}: its route goes first, then its instances, then its state.\n",
                       plan.At("namespace").StringOr(""), plan.At("name").StringOr(""));
  }
  std::string text = fmt::format("\n{}/{}: {} of revision {}", plan.At("namespace").StringOr(""), plan.At("name").StringOr(""),
                                 move, plan.At("to").StringOr(""));
  const std::string from = plan.At("from").StringOr("");
  if (!from.empty()) text += fmt::format(" over {}", from);
  text += "\n";
  const Json::Array& steps = ArrayOf(plan.At("steps"));
  if (!steps.empty()) {
    Table table({"  STEP", "WHAT", "WEIGHT", "CANARY", "STABLE", "AT LEAST", "GATE"});
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Json& step = steps[i];
      const Json& dwell = step.At("dwell_seconds");
      table.Add({fmt::format("  {}", i), step.At("what").StringOr(""), PermilleText(step.At("weight_permille").IntOr(0)),
                 std::to_string(step.At("canary_instances").IntOr(0)), std::to_string(step.At("stable_instances").IntOr(0)),
                 dwell.is_null() ? "until promoted" : SecondsText(dwell.NumberOr(0)), step.At("gate").StringOr("")});
    }
    text += table.Text() + fmt::format("  It takes {} at least.\n", SecondsText(plan.At("dwell_seconds_min").NumberOr(0)));
  }
  const Json::Array& gates = ArrayOf(plan.At("gates"));
  if (!gates.empty()) text += "  What judges it:\n";
  for (const Json& gate : gates) text += fmt::format("    {}\n", gate.StringOr(""));
  return text;
}

}  // namespace

std::string PlanText(const Json& report, PlanMood mood) {
  std::string text;
  for (const Json& finding : ArrayOf(report.At("findings"))) {
    const SourcePos at{finding.At("file").StringOr(""), static_cast<int>(finding.At("line").IntOr(0)),
                       static_cast<int>(finding.At("column").IntOr(0))};
    text += fmt::format("{}: {}: {}{}{} [{}]\n", at.Text(), finding.At("severity").StringOr(""),
                        finding.At("message").StringOr(""), finding.At("mend").StringOr("").empty() ? "" : " ",
                        finding.At("mend").StringOr(""), finding.At("rule").StringOr(""));
  }
  for (const Json& object : ArrayOf(report.At("objects"))) {
    std::string change = object.At("change").StringOr("");
    if (change == "absent") change = "is not there";
    const bool would = mood == PlanMood::kWould && change != "unchanged";
    text += fmt::format("{} {}/{} {}{}\n", object.At("kind").StringOr(""), object.At("namespace").StringOr(""),
                        object.At("name").StringOr(""), would ? "would be " : "", change);
  }
  for (const Json& sentence : ArrayOf(report.At("said"))) text += sentence.StringOr("") + "\n";
  for (const Json& plan : ArrayOf(report.At("rollouts"))) text += RolloutText(plan);
  const std::int64_t release = report.At("release").IntOr(0);
  if (mood == PlanMood::kDid && release > 0) text += fmt::format("release {}\n", release);
  return text;
}

}  // namespace tuesday::cli
