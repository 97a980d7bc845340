// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/run.h"

#include <fmt/format.h>

#include <type_traits>

#include "core/workflow/run/jobs.h"
#include "core/workflow/run/leg.h"

namespace tuesday::workflow {
namespace {

template <typename... Handlers>
struct Visitor : Handlers... {
  using Handlers::operator()...;
};

audit::Entry RunEntry(std::string_view kind, std::string message, const RunSpec& spec, const RunState& state) {
  return {.kind = fmt::format("workflow.run.{}", kind),
          .message = std::move(message),
          .data = {{"run", Json(spec.id)}, {"result", Json(ResultText(state.result))}}};
}

Contexts RunContexts(const RunSpec& spec) {
  Contexts contexts;
  contexts.Set("github", spec.github);
  contexts.Set("inputs", spec.inputs);
  contexts.Set("vars", spec.vars);
  return contexts;
}

std::string NameOf(const RunSpec& spec) {
  if (!spec.workflow.run_name.has_value()) return "";
  return EvaluateText(*spec.workflow.run_name, RunContexts(spec)).value_or("");
}

void EndRun(Turn& turn, RunResult result) {
  turn.state.phase = RunPhase::kDone;
  turn.state.result = result;
  turn.state.ended = turn.now.wall;
  turn.entries.push_back(
      RunEntry("ended", fmt::format("Run {} ended as {}", turn.spec.id, ResultText(result)), turn.spec, turn.state));
}

void Begin(Turn& turn) {
  RunState& state = turn.state;
  if (state.phase != RunPhase::kWaiting || !state.graph.jobs.empty()) return;
  state.graph = NewGraph(turn.spec.workflow.jobs, &turn.spec);
  state.name = NameOf(turn.spec);
  const auto group = ConcurrencyOf(turn.spec.workflow.concurrency, RunContexts(turn.spec));
  if (!group) {
    state.reason = "concurrency: " + group.error().message;
    return EndRun(turn, RunResult::kFailure);
  }
  state.group = group->group;
  state.group_cancels = group->cancels;
  state.group_queues = group->queues;
  if (state.group.empty()) state.phase = RunPhase::kRunning;
}

void CancelRun(Turn& turn, const std::string& reason) {
  RunState& state = turn.state;
  if (state.phase == RunPhase::kDone || state.cancelled) return;
  state.cancelled = true;
  state.reason = reason;
  if (state.phase == RunPhase::kWaiting) {
    if (state.graph.jobs.empty()) state.graph = NewGraph(turn.spec.workflow.jobs, &turn.spec);
    state.phase = RunPhase::kRunning;
  }
  for (LegPlace& place : AllLegs(turn.spec, state)) CancelLeg(turn, place, reason);
}

void TakeGroup(Turn& turn, const std::string& holder) {
  if (holder.empty()) {
    turn.state.holds_group = turn.state.phase == RunPhase::kWaiting;
    if (turn.state.phase == RunPhase::kWaiting) turn.state.phase = RunPhase::kRunning;
  } else if (auto place = FindLeg(turn.spec, turn.state, holder); place.has_value()) {
    place->leg->holds_group = place->leg->phase == LegPhase::kWaiting;
  }
}

// The group has been left, or someone newer has taken the place.
void LoseGroup(Turn& turn, const std::string& holder, const std::string& reason) {
  if (holder.empty()) {
    turn.state.holds_group = false;
    if (turn.state.phase != RunPhase::kDone) CancelRun(turn, reason);
    return;
  }
  auto place = FindLeg(turn.spec, turn.state, holder);
  if (!place.has_value()) return;
  place->leg->holds_group = false;
  CancelLeg(turn, *place, reason);
}

bool WaitsForEnvironment(const LegState& leg) {
  return leg.phase == LegPhase::kWaiting && leg.asks_environment && !leg.holds_environment;
}

audit::Entry EnvironmentEntry(std::string_view kind, std::string message, const LegState& leg) {
  return {.kind = fmt::format("workflow.environment.{}", kind),
          .message = std::move(message),
          .data = {{"job", Json(leg.key)}, {"environment", Json(leg.environment_name)}}};
}

void TakeEnvironment(Turn& turn, LegPlace& place) {
  LegState& leg = *place.leg;
  if (!WaitsForEnvironment(leg)) return;
  leg.holds_environment = true;
  turn.entries.push_back(
      EnvironmentEntry("granted", fmt::format("Job {} may release to {}", leg.key, leg.environment_name), leg));
}

void LoseEnvironment(Turn& turn, LegPlace& place, const EnvironmentLost& lost) {
  LegState& leg = *place.leg;
  if (!WaitsForEnvironment(leg)) return;
  turn.entries.push_back(EnvironmentEntry(
      "lost", fmt::format("Job {} does not release to {}: {}", leg.key, leg.environment_name, lost.reason), leg));
  EndLeg(turn, place, lost.result, lost.reason);
}

void Take(Turn& turn, const RunEvent& event) {
  const auto at = [&](const std::string& key, const auto& use) {
    if (auto place = FindLeg(turn.spec, turn.state, key); place.has_value()) use(*place);
  };
  std::visit(Visitor{[&](const RunBegun&) {
                       if (turn.state.began == WallTime{}) turn.state.began = turn.now.wall;
                       Begin(turn);
                     },
                     [&](const PlaceOpened& e) { at(e.leg, [&](LegPlace& place) { TakePlaceOpened(turn, place); }); },
                     [&](const PlaceLost& e) { at(e.leg, [&](LegPlace& place) { TakePlaceLost(turn, place, e.message); }); },
                     [&](const PlaceClosed& e) { at(e.leg, [&](LegPlace& place) { TakePlaceClosed(turn, place); }); },
                     [&](const ActionLoaded& e) { at(e.leg, [&](LegPlace& place) { TakeAction(turn, place, e); }); },
                     [&](const FilesHashed& e) { at(e.leg, [&](LegPlace& place) { TakeHash(turn, place, e); }); },
                     [&](const StepEnded& e) { at(e.leg, [&](LegPlace& place) { TakeReport(turn, place, e.report); }); },
                     [&](const CancelAsked& e) {
                       if (e.leg.empty()) return CancelRun(turn, e.reason);
                       at(e.leg, [&](LegPlace& place) { CancelLeg(turn, place, e.reason); });
                     },
                     [&](const GroupGranted& e) { TakeGroup(turn, e.holder); },
                     [&](const GroupLost& e) { LoseGroup(turn, e.holder, e.reason); },
                     [&](const EnvironmentGranted& e) { at(e.leg, [&](LegPlace& place) { TakeEnvironment(turn, place); }); },
                     [&](const EnvironmentLost& e) { at(e.leg, [&](LegPlace& place) { LoseEnvironment(turn, place, e); }); },
                     [](const Woken&) {}},
             event);
}

}  // namespace

RunOutcome StepRun(const RunSpec& spec, RunState state, const RunEvent& event, const Moment& now) {
  RunOutcome outcome;
  outcome.state = std::move(state);
  Turn turn{spec, outcome.state, now, outcome.entries};
  Take(turn, event);
  if (turn.state.phase == RunPhase::kDone) return outcome;
  for (LegPlace& place : AllLegs(spec, turn.state)) {
    const auto wake = WatchLeg(turn, place);
    if (wake.has_value() && (!outcome.wake_at.has_value() || *wake < *outcome.wake_at)) outcome.wake_at = wake;
  }
  if (turn.state.phase != RunPhase::kRunning) return outcome;
  AdvanceJobs(turn, TopScope(spec, turn.state), turn.state.graph);
  if (IsDone(turn.state.graph)) {
    const RunResult result = ResultOf(turn.state.graph);
    EndRun(turn, turn.state.cancelled && result != RunResult::kFailure ? RunResult::kCancelled : result);
  }
  return outcome;
}

}  // namespace tuesday::workflow
