// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/view.h"

#include <array>
#include <chrono>
#include <map>

namespace tuesday::workflow {
namespace {

constexpr std::array<std::string_view, 5> kKinds = {"step-began", "step-ended", "job-began", "job-ended", "run-ended"};
constexpr std::array<std::string_view, 3> kLevels = {"notice", "warning", "error"};

using Millis = std::chrono::milliseconds;

Json StepJson(const Change& change) {
  const bool is_running = change.kind == ChangeKind::kStepBegan;
  return Json(Json::Object{{"name", change.name},
                           {"number", change.ordinal},
                           {"depth", change.depth},
                           {"result", is_running ? std::string("running") : ResultText(change.result)},
                           {"reason", change.reason},
                           {"may_fail", change.may_fail},
                           {"took_ms", std::int64_t{std::chrono::duration_cast<Millis>(change.took).count()}}});
}

Json AnnotationJson(const Annotation& annotation) {
  return Json(Json::Object{{"level", kLevels[static_cast<std::size_t>(annotation.level)]},
                           {"message", annotation.message},
                           {"title", annotation.title},
                           {"file", annotation.file},
                           {"line", annotation.line.value_or(0)}});
}

// Steps that have begun or ended, by leg: one that has ended stands once.
std::map<std::string, Json::Array> StepsOf(const RunState& state) {
  std::map<std::string, Json::Array> steps;
  std::map<std::string, std::map<int, std::size_t>> running;
  for (const Change& change : ChangesBetween({}, state)) {
    if (change.kind != ChangeKind::kStepBegan && change.kind != ChangeKind::kStepEnded) continue;
    Json::Array& list = steps[change.leg];
    auto& begun = running[change.leg];
    const auto found = begun.find(change.ordinal);
    if (change.kind == ChangeKind::kStepEnded && change.ordinal > 0 && found != begun.end()) {
      list[found->second] = StepJson(change);
      continue;
    }
    if (change.kind == ChangeKind::kStepBegan && change.ordinal > 0) begun[change.ordinal] = list.size();
    list.push_back(StepJson(change));
  }
  return steps;
}

std::string PhaseText(const LegState& leg) {
  if (leg.phase == LegPhase::kDone) return "done";
  return leg.phase == LegPhase::kWaiting || leg.phase == LegPhase::kOpening ? "waiting" : "running";
}

Json LegJson(const LegState& leg, const std::map<std::string, Json::Array>& steps) {
  Json::Object outputs;
  for (const auto& [key, value] : leg.outputs) outputs[key] = Json(value);
  Json::Array annotations;
  for (const Annotation& annotation : leg.annotations) annotations.push_back(AnnotationJson(annotation));
  const auto found = steps.find(leg.key);
  const bool has_ended = leg.phase == LegPhase::kDone && leg.began != WallTime{};
  Json::Object json{
      {"key", Json(leg.key)},
      {"name", Json(leg.name)},
      {"phase", Json(PhaseText(leg))},
      {"result", Json(ResultText(leg.result))},
      {"reason", Json(leg.reason)},
      {"took_ms", std::int64_t{has_ended ? std::chrono::duration_cast<Millis>(leg.ended - leg.began).count() : 0}},
      {"outputs", Json(std::move(outputs))},
      {"steps", Json(found == steps.end() ? Json::Array() : found->second)},
      {"annotations", Json(std::move(annotations))}};
  return Json(std::move(json));
}

Json GraphJson(const GraphState& graph, const std::map<std::string, Json::Array>& steps) {
  Json::Array jobs;
  for (const JobState& job : graph.jobs) {
    Json::Array legs;
    Json::Array called;
    for (const LegState& leg : job.legs) {
      legs.push_back(LegJson(leg, steps));
      for (const GraphState& inner : leg.called) {
        const Json jobs_inside = GraphJson(inner, steps);
        for (const Json& one : *jobs_inside.as_array()) called.push_back(one);
      }
    }
    Json::Object json{{"id", Json(job.id)},
                      {"result", Json(ResultText(job.result))},
                      {"reason", Json(job.reason)},
                      {"legs", Json(std::move(legs))}};
    if (!called.empty()) json["jobs"] = Json(std::move(called));
    jobs.emplace_back(std::move(json));
  }
  return Json(std::move(jobs));
}

}  // namespace

Json JobsJson(const GraphState& graph) {
  RunState state;
  state.graph = graph;
  return GraphJson(graph, StepsOf(state));
}

Json ChangeJson(const Change& change) {
  return Json(Json::Object{{"kind", kKinds[static_cast<std::size_t>(change.kind)]},
                           {"leg", change.leg},
                           {"name", change.name},
                           {"number", change.ordinal},
                           {"depth", change.depth},
                           {"result", ResultText(change.result)},
                           {"may_fail", change.may_fail},
                           {"reason", change.reason},
                           {"took_ms", std::int64_t{std::chrono::duration_cast<Millis>(change.took).count()}}});
}

Result<Change> ChangeOfJson(const Json& json) {
  Change change;
  const std::string kind = json.At("kind").StringOr("");
  std::size_t index = 0;
  while (index < kKinds.size() && kKinds[index] != kind) ++index;
  if (index == kKinds.size()) return Fail(ErrorCode::kInvalid, "\"" + kind + "\" is no change of a run.");
  change.kind = static_cast<ChangeKind>(index);
  change.leg = json.At("leg").StringOr("");
  change.name = json.At("name").StringOr("");
  change.ordinal = static_cast<int>(json.At("number").IntOr(0));
  change.depth = static_cast<int>(json.At("depth").IntOr(0));
  change.result = ResultOf(json.At("result").StringOr(""));
  change.may_fail = json.At("may_fail").BoolOr(false);
  change.reason = json.At("reason").StringOr("");
  change.took = Millis(json.At("took_ms").IntOr(0));
  return change;
}

RunResult ResultOf(std::string_view text) {
  for (const RunResult result : {RunResult::kSuccess, RunResult::kFailure, RunResult::kCancelled, RunResult::kSkipped}) {
    if (ResultText(result) == text) return result;
  }
  return RunResult::kNone;
}

std::vector<OpenLog> FailedLogs(const RunState& state) {
  std::vector<OpenLog> logs;
  for (const Change& change : ChangesBetween({}, state)) {
    if (change.kind == ChangeKind::kStepEnded && change.result == RunResult::kFailure && !change.may_fail && change.ordinal > 0)
      logs.push_back({change.leg, change.ordinal});
  }
  return logs;
}

}  // namespace tuesday::workflow
