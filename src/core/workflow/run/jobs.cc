// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/json.h"
#include "core/expression/value/text.h"
#include "core/workflow/matrix.h"
#include "core/workflow/run/leg.h"

namespace tuesday::workflow {
namespace {

using expression::Value;

audit::Entry JobEntry(std::string_view kind, std::string message, std::string_view job, RunResult result) {
  return {.kind = fmt::format("workflow.job.{}", kind),
          .message = std::move(message),
          .data = {{"job", Json(job)}, {"result", Json(ResultText(result))}}};
}

void EndJob(Turn& turn, const GraphScope& scope, JobState& job, RunResult result, std::string reason) {
  job.phase = JobPhase::kDone;
  job.result = result;
  job.reason = std::move(reason);
  const std::string name = scope.prefix + job.id;
  const std::string tail = job.reason.empty() ? "" : ": " + job.reason;
  turn.entries.push_back(JobEntry(result == RunResult::kSkipped ? "skipped" : "ended",
                                  fmt::format("Job {} ended as {}{}", name, ResultText(result), tail), name, result));
}

// Why nothing of the job runs: which of the jobs before it did not succeed, and that one's own reason.
std::string SkipReason(const GraphScope& scope, const GraphState& graph, const Job& job) {
  if (scope.cancelled) return "the run was cancelled";
  for (const std::size_t index : Ancestors(scope, graph, job)) {
    const JobState& before = graph.jobs[index];
    if (before.result == RunResult::kSuccess) continue;
    const bool direct = std::any_of(job.needs.begin(), job.needs.end(),
                                    [&](const Token& need) { return expression::SameText(need.text, before.id); });
    const std::string verb = before.result == RunResult::kSkipped     ? "was skipped"
                             : before.result == RunResult::kCancelled ? "was cancelled"
                                                                      : "failed";
    return direct ? fmt::format("{} {}", before.id, verb)
                  : fmt::format("{} {}, and success() asks that of every job before this one", before.id, verb);
  }
  return fmt::format("its condition is false: {}", job.condition.source.empty() ? job.condition.text : job.condition.source);
}

bool NeedsAreDone(const GraphState& graph, const Job& job) {
  return std::all_of(job.needs.begin(), job.needs.end(),
                     [&](const Token& need) { return graph.jobs[JobIndex(graph, need.text)].phase == JobPhase::kDone; });
}

bool IsWanted(const RunSpec& spec, const Value& matrix) {
  const auto* wanted = spec.matrix_only.as_object();
  if (wanted == nullptr || matrix.as_object() == nullptr) return true;
  return std::all_of(wanted->members().begin(), wanted->members().end(), [&](const auto& member) {
    const Value* found = matrix.as_object()->Find(member.first);
    return found == nullptr || expression::LooselyEqual(*found, member.second) || found->ToText() == member.second.ToText();
  });
}

Evaluated<Strategy> StrategyOf(const Contexts& contexts, const Job& job) {
  Strategy strategy;
  if (!job.strategy.has_value()) {
    strategy.legs.push_back({});
    return strategy;
  }
  const auto token = EvaluateToken(*job.strategy, contexts);
  if (!token) return std::unexpected(token.error());
  std::vector<WorkflowProblem> problems;
  auto expanded = ExpandStrategy(*token, job.id.text, problems);
  if (!problems.empty()) return std::unexpected(EvaluationProblem{problems.front().message});
  if (!expanded) return std::unexpected(EvaluationProblem{expanded.error().message});
  return std::move(*expanded);
}

void MakeLegs(const GraphScope& scope, const Job& job, const Strategy& strategy, JobState& state) {
  state.fail_fast = strategy.fail_fast;
  state.parallel_max = strategy.parallel_max;
  const bool has_matrix = strategy.legs.size() > 1 || strategy.legs.front().values.as_object() != nullptr;
  for (std::size_t i = 0; i < strategy.legs.size(); ++i) {
    const MatrixLeg& from = strategy.legs[i];
    if (!IsWanted(*scope.spec, from.values)) continue;
    LegState& leg = state.legs.emplace_back();
    leg.key = scope.prefix + job.id.text + (has_matrix ? fmt::format(".{}", i) : "");
    leg.name = from.name.empty() ? job.id.text : from.name;
    if (from.values.as_object() != nullptr) leg.matrix = expression::WriteJsonLine(from.values);
    leg.index = static_cast<int>(i);
  }
}

void BeginJob(Turn& turn, const GraphScope& scope, GraphState& graph, JobState& state) {
  const Job& job = JobOf(scope, state);
  const Contexts contexts = JobContexts(scope, graph, job);
  const auto holds = EvaluateCondition(job.condition, contexts);
  if (!holds) return EndJob(turn, scope, state, RunResult::kFailure, "if: " + holds.error().message);
  if (!*holds) {
    const bool was_ready = scope.cancelled && Ancestors(scope, graph, job).empty();
    return EndJob(turn, scope, state, was_ready ? RunResult::kCancelled : RunResult::kSkipped, SkipReason(scope, graph, job));
  }
  const auto strategy = StrategyOf(contexts, job);
  if (!strategy) return EndJob(turn, scope, state, RunResult::kFailure, "strategy: " + strategy.error().message);
  MakeLegs(scope, job, *strategy, state);
  if (state.legs.empty()) return EndJob(turn, scope, state, RunResult::kSkipped, "no leg of its matrix was asked for");
  state.phase = JobPhase::kRunning;
}

void CancelSiblings(Turn& turn, const GraphScope& scope, GraphState& graph, JobState& state) {
  if (!state.fail_fast) return;
  const auto failed = std::find_if(state.legs.begin(), state.legs.end(), [](const LegState& leg) {
    return leg.result == RunResult::kFailure && !leg.continue_on_error;
  });
  if (failed == state.legs.end()) return;
  for (LegState& leg : state.legs) {
    if (leg.phase == LegPhase::kDone || leg.cancelled_at.has_value()) continue;
    LegPlace place{scope, &graph, &state, &leg};
    CancelLeg(turn, place, fmt::format("{} failed, and fail-fast ends the other legs", failed->name));
  }
}

void BeginLegs(Turn& turn, const GraphScope& scope, GraphState& graph, JobState& state) {
  const auto running = [&] {
    return std::count_if(state.legs.begin(), state.legs.end(),
                         [](const LegState& leg) { return leg.phase != LegPhase::kWaiting && leg.phase != LegPhase::kDone; });
  };
  for (LegState& leg : state.legs) {
    if (leg.phase != LegPhase::kWaiting || (leg.asks_environment && !leg.holds_environment)) continue;
    if (!leg.group.empty() && !leg.holds_group) continue;
    if (state.parallel_max > 0 && running() >= state.parallel_max) break;
    LegPlace place{scope, &graph, &state, &leg};
    BeginLeg(turn, place);
  }
}

RunResult ConclusionOf(const JobState& state) {
  RunResult result = RunResult::kSuccess;
  for (const LegState& leg : state.legs) {
    if (leg.result == RunResult::kFailure && !leg.continue_on_error) return RunResult::kFailure;
    if (leg.result == RunResult::kCancelled) result = RunResult::kCancelled;
  }
  return result;
}

void CollectJob(Turn& turn, const GraphScope& scope, JobState& state) {
  std::vector<const LegState*> ended;
  for (const LegState& leg : state.legs) ended.push_back(&leg);
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) { return a->ended < b->ended; });
  for (const LegState* leg : ended) {
    for (const auto& [key, value] : leg->outputs) Put(state.outputs, key, value);
  }
  std::string reason;
  for (const LegState* leg : ended) {
    if (reason.empty() && leg->result != RunResult::kSuccess) reason = leg->reason;
  }
  EndJob(turn, scope, state, ConclusionOf(state), reason);
}

void EndCalls(Turn& turn, const GraphScope& scope, GraphState& graph, JobState& state) {
  for (LegState& leg : state.legs) {
    if (leg.phase != LegPhase::kCalled || !IsDone(leg.called.front())) continue;
    LegPlace place{scope, &graph, &state, &leg};
    ContinueLeg(turn, place);
  }
}

// Whether anything moved.
bool AdvanceJob(Turn& turn, const GraphScope& scope, GraphState& graph, JobState& state) {
  if (state.phase == JobPhase::kDone) return false;
  const Job& job = JobOf(scope, state);
  if (state.phase == JobPhase::kWaiting) {
    if (!NeedsAreDone(graph, job)) return false;
    BeginJob(turn, scope, graph, state);
    return true;
  }
  for (LegState& leg : state.legs) {
    if (leg.phase == LegPhase::kCalled) AdvanceJobs(turn, CalledScope(scope, graph, state, leg), leg.called.front());
  }
  EndCalls(turn, scope, graph, state);
  CancelSiblings(turn, scope, graph, state);
  BeginLegs(turn, scope, graph, state);
  for (LegState& leg : state.legs) {
    if (leg.phase == LegPhase::kCalled) AdvanceJobs(turn, CalledScope(scope, graph, state, leg), leg.called.front());
  }
  EndCalls(turn, scope, graph, state);
  CancelSiblings(turn, scope, graph, state);
  if (!std::all_of(state.legs.begin(), state.legs.end(), [](const LegState& leg) { return leg.phase == LegPhase::kDone; }))
    return false;
  CollectJob(turn, scope, state);
  return true;
}

// The jobs that are asked for and all that these need, by their places.
std::vector<bool> WantedJobs(const std::vector<Job>& jobs, const std::set<std::string>& asked) {
  std::vector<bool> wanted(jobs.size(), asked.empty());
  bool moved = true;
  const auto want = [&](std::string_view id) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (wanted[i] || !expression::SameText(jobs[i].id.text, id)) continue;
      wanted[i] = true;
      moved = true;
    }
  };
  for (const std::string& id : asked) want(id);
  while (moved) {
    moved = false;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (!wanted[i]) continue;
      for (const Token& need : jobs[i].needs) want(need.text);
    }
  }
  return wanted;
}

}  // namespace

GraphState NewGraph(const std::vector<Job>& jobs, const RunSpec* only) {
  GraphState graph;
  const std::vector<bool> wanted = WantedJobs(jobs, only == nullptr ? std::set<std::string>() : only->jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    JobState& state = graph.jobs.emplace_back();
    state.id = jobs[i].id.text;
    state.name = jobs[i].name.ScalarText();
    if (wanted[i]) continue;
    state.phase = JobPhase::kDone;
    state.result = RunResult::kSkipped;
    state.reason = kNotAskedFor;
  }
  return graph;
}

void AdvanceJobs(Turn& turn, const GraphScope& scope, GraphState& graph) {
  bool moved = true;
  while (moved) {
    moved = false;
    for (JobState& job : graph.jobs) moved = AdvanceJob(turn, scope, graph, job) || moved;
  }
}

RunResult ResultOf(const GraphState& graph) {
  const auto has = [&](RunResult result) {
    return std::any_of(graph.jobs.begin(), graph.jobs.end(), [&](const JobState& job) { return job.result == result; });
  };
  for (const RunResult result : {RunResult::kFailure, RunResult::kCancelled, RunResult::kSuccess}) {
    if (has(result)) return result;
  }
  return RunResult::kSkipped;
}

bool IsDone(const GraphState& graph) {
  return std::all_of(graph.jobs.begin(), graph.jobs.end(), [](const JobState& job) { return job.phase == JobPhase::kDone; });
}

}  // namespace tuesday::workflow
