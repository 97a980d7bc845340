// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/cli/render/table.h"
#include "core/rollout/describe.h"

namespace tuesday::cli::simulate {
namespace {

constexpr std::array kAllEnded = {Ended::kPromoted, Ended::kAborted, Ended::kRolledBack, Ended::kNoEvidence, Ended::kUnderWay};

double Seconds(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) / 1000;
}

std::string AtText(Duration at) { return DurationText(std::chrono::floor<std::chrono::seconds>(at)); }

std::string StepOf(const rollout::Spec& spec, int step) {
  const auto count = static_cast<int>(spec.canary.steps.size());
  return step < count
             ? fmt::format("{}/{} {}", step, count, rollout::StepText(spec, spec.canary.steps[static_cast<std::size_t>(step)]))
             : fmt::format("{}/{}", count, count);
}

std::string EndText(const Play& play) {
  const std::string took = AtText(play.took);
  const std::string reason = play.reason.empty() ? "" : ": " + play.reason;
  switch (play.ended) {
    case Ended::kPromoted: return fmt::format("PROMOTED after {}, its bake included.", took);
    case Ended::kAborted: return fmt::format("ABORTED at {} after {}{}", play.weight_max.Text(), took, reason);
    case Ended::kRolledBack: return fmt::format("ROLLED BACK after {}{}", took, reason);
    case Ended::kNoEvidence: return fmt::format("NO EVIDENCE: aborted after {}{}", took, reason);
    case Ended::kUnderWay: break;
  }
  return fmt::format("STILL UNDER WAY after {}{}", took, reason);
}

std::int64_t CountOf(const std::vector<Play>& plays, Ended ended) { return std::ranges::count(plays, ended, &Play::ended); }

}  // namespace

std::string PlayText(const PlayedRollout& rollout, const Play& play) {
  Table table({"AT", "STEP", "WEIGHT", "CANARY", "STABLE", "GATE", "WHAT"});
  for (const rollout::SimulatedEvent& event : play.timeline) {
    table.Add({AtText(event.at), StepOf(rollout.spec, event.step), event.weight.Text(), std::to_string(event.canary_instances),
               std::to_string(event.stable_instances), std::string(gate::VerdictName(event.verdict)), event.message});
  }
  return table.Text() + play.name.name + " " + EndText(play) + "\n";
}

Json PlayJson(const Play& play) {
  Json::Array timeline;
  for (const rollout::SimulatedEvent& event : play.timeline) {
    timeline.emplace_back(Json::Object{{"at_seconds", Seconds(event.at)},
                                       {"kind", event.kind},
                                       {"message", event.message},
                                       {"step", event.step},
                                       {"weight_permille", event.weight.permille()},
                                       {"canary_instances", event.canary_instances},
                                       {"stable_instances", event.stable_instances},
                                       {"gate", gate::VerdictName(event.verdict)}});
  }
  return Json::Object{{"namespace", play.name.ns.str()},
                      {"name", play.name.name},
                      {"seed", play.seed},
                      {"ending", EndedName(play.ended)},
                      {"reason", play.reason},
                      {"took_seconds", Seconds(play.took)},
                      {"weight_permille_max", play.weight_max.permille()},
                      {"canary_requests", play.canary_requests},
                      {"timeline", std::move(timeline)}};
}

std::string SharesText(const RolloutName& name, const std::vector<Play>& plays) {
  std::string text = fmt::format("{}: {} runs.\n", name.name, plays.size());
  for (const Ended ended : kAllEnded) {
    const std::int64_t count = CountOf(plays, ended);
    if (count == 0) continue;
    const Play& first = *std::ranges::find(plays, ended, &Play::ended);
    text += fmt::format("  {:5.1f} %  {} {}; first with --seed {}: {}\n",
                        100.0 * static_cast<double>(count) / static_cast<double>(plays.size()), count, EndedName(ended),
                        first.seed, EndText(first));
  }
  return text;
}

Json SharesJson(const RolloutName& name, const std::vector<Play>& plays) {
  Json::Object endings;
  for (const Ended ended : kAllEnded) {
    const std::int64_t count = CountOf(plays, ended);
    if (count == 0) continue;
    const Play& first = *std::ranges::find(plays, ended, &Play::ended);
    endings.emplace(
        EndedName(ended),
        Json::Object{
            {"runs", count}, {"first_seed", first.seed}, {"took_seconds", Seconds(first.took)}, {"reason", first.reason}});
  }
  return Json::Object{{"namespace", name.ns.str()},
                      {"name", name.name},
                      {"runs", static_cast<std::uint64_t>(plays.size())},
                      {"endings", std::move(endings)}};
}

}  // namespace tuesday::cli::simulate
