// SPDX-License-Identifier: Apache-2.0
#include "app/server/rollout_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/server/step_text.h"

namespace tuesday::server {
namespace {

constexpr std::size_t kNotReadyShownMax = 10;

using control::RolloutView;
using rollout::InstanceSeen;

double SecondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view PhaseWord(rollout::Phase phase) {
  switch (phase) {
    case rollout::Phase::kHealthy: return "Healthy";
    case rollout::Phase::kProgressing: return "Progressing";
    case rollout::Phase::kPaused: return "Paused";
    case rollout::Phase::kDegraded: return "Degraded";
  }
  return "Progressing";
}

// Argo's word; a rolling update is a canary without steps there.
std::string_view StrategyWord(const rollout::CanaryStrategy& strategy) { return strategy.flips ? "BlueGreen" : "Canary"; }

std::string_view StageWord(rollout::Stage stage) {
  switch (stage) {
    case rollout::Stage::kStepping: return "stepping";
    case rollout::Stage::kSwitching: return "switching";
    case rollout::Stage::kBaking: return "baking";
    case rollout::Stage::kDone: return "done";
    case rollout::Stage::kAborting: return "aborting";
    case rollout::Stage::kAborted: return "aborted";
  }
  return "stepping";
}

std::string_view EndingWord(rollout::Ending ending) {
  switch (ending) {
    case rollout::Ending::kNone: return "";
    case rollout::Ending::kPromoted: return "promoted";
    case rollout::Ending::kAborted: return "aborted";
    case rollout::Ending::kRolledBack: return "rolled back";
    case rollout::Ending::kSuperseded: return "superseded";
  }
  return "";
}

std::string_view StateWord(control::RuleState state) {
  switch (state) {
    case control::RuleState::kInactive: return "inactive";
    case control::RuleState::kPending: return "pending";
    case control::RuleState::kFiring: return "firing";
  }
  return "inactive";
}

std::string_view InstanceWord(InstancePhase phase) {
  switch (phase) {
    case InstancePhase::kStarting: return "Starting";
    case InstancePhase::kRunning: return "Running";
    case InstancePhase::kBackOff: return "CrashLoopBackOff";
    case InstancePhase::kStopping: return "Terminating";
    case InstancePhase::kStopped: return "Stopped";
  }
  return "Starting";
}

// The share that the edge was seen to give to the revision under judgement.
Weight ActualWeight(const RolloutView& view) {
  if (!view.world.route.has_value()) return kNoWeight;
  const rollout::Route& route = view.world.route->route;
  return route.canary_slot == route.stable_slot ? kNoWeight : route.weight;
}

// The last setWeight at or before the step under way.
Weight SetWeightOf(const RolloutView& view) {
  Weight weight = kNoWeight;
  if (!view.status.attempt.has_value()) return kFullWeight;
  const rollout::Attempt& attempt = *view.status.attempt;
  if (attempt.stage == rollout::Stage::kAborting || attempt.stage == rollout::Stage::kAborted) return kNoWeight;
  if (attempt.stage != rollout::Stage::kStepping) return kFullWeight;
  const auto& steps = view.spec.canary.steps;
  for (int i = 0; i <= attempt.step && i < static_cast<int>(steps.size()); ++i) {
    if (const auto* set = std::get_if<rollout::SetWeight>(&steps[static_cast<std::size_t>(i)])) weight = set->weight;
  }
  return weight;
}

// The share of the newest revision, by whatever name it gets it: as a canary, or as the stable one.
Weight ShareOfNewest(const RolloutView& view) {
  return view.status.stable == view.spec.revision ? kFullWeight : ActualWeight(view);
}

int StepIndex(const RolloutView& view) {
  if (!view.status.attempt.has_value()) return static_cast<int>(view.spec.canary.steps.size());
  const rollout::Attempt& attempt = *view.status.attempt;
  if (attempt.stage == rollout::Stage::kAborting || attempt.stage == rollout::Stage::kAborted) return 0;
  if (attempt.stage == rollout::Stage::kStepping) return attempt.step;
  return static_cast<int>(view.spec.canary.steps.size());
}

Json StepJson(const RolloutView& view) {
  const auto& steps = view.spec.canary.steps;
  const int index = StepIndex(view);
  const std::string text = index < static_cast<int>(steps.size()) ? StepText(steps[static_cast<std::size_t>(index)]) : "";
  return Json(Json::Object{{"index", index}, {"count", steps.size()}, {"text", text}});
}

bool InFlight(const rollout::Attempt& attempt) {
  return attempt.stage == rollout::Stage::kStepping || attempt.stage == rollout::Stage::kSwitching;
}

// stable, canary, or "" for a revision that is neither.
std::string RoleOf(const RolloutView& view, const RevisionId& revision) {
  if (view.status.stable == revision) return "stable";
  if (!view.status.attempt.has_value()) return "";
  return view.status.attempt->revision == revision && InFlight(*view.status.attempt) ? "canary" : "";
}

int NumberOf(const RolloutView& view, const RevisionId& revision) {
  for (const rollout::RevisionState& state : view.status.revisions) {
    if (state.id == revision) return state.number;
  }
  return 0;
}

// An instance whose supervisor has not written yet has no beginning: it is new.
double AgeSecondsOf(const InstanceState& instance, const RolloutView& view) {
  return instance.started_at == Instant() ? 0 : SecondsOf(view.at - instance.started_at);
}

// Why an instance takes no request, in one sentence.
std::string WhyNotReady(const InstanceState& instance) {
  if (!instance.message.empty()) return instance.message;
  if (!instance.last_exit.empty()) return "It ended with " + instance.last_exit + ".";
  return "It has just been started.";
}

// Instances that should be ready and are not; those that stop are as they should be.
Json NotReadyJson(const RolloutView& view) {
  Json::Array list;
  for (const InstanceState& instance : view.instances) {
    const bool stops = instance.phase == InstancePhase::kStopping || instance.phase == InstancePhase::kStopped;
    if (instance.ready || stops || list.size() >= kNotReadyShownMax) continue;
    list.emplace_back(Json::Object{{"name", instance.id.str()},
                                   {"number", NumberOf(view, instance.revision)},
                                   {"phase", InstanceWord(instance.phase)},
                                   {"age_seconds", AgeSecondsOf(instance, view)},
                                   {"restarts", instance.restarts},
                                   {"last_exit", instance.last_exit},
                                   {"why", WhyNotReady(instance)}});
  }
  return Json(std::move(list));
}

Json InstanceJson(const InstanceState& instance, const RolloutView& view, const ClockJoin& join) {
  const bool serving = view.world.route.has_value() &&
                       std::binary_search(view.world.route->serving.begin(), view.world.route->serving.end(), instance.id);
  const bool began = instance.started_at != Instant();
  return Json(Json::Object{{"name", instance.id.str()},
                           {"phase", InstanceWord(instance.phase)},
                           {"ready", instance.ready},
                           {"serving", serving},
                           {"restarts", instance.restarts},
                           {"last_exit", instance.last_exit},
                           {"message", instance.message},
                           {"address", fmt::format("{}:{}", instance.host, instance.port)},
                           {"cpu_seconds", instance.cpu_seconds},
                           {"memory_bytes", instance.memory_bytes},
                           {"age_seconds", AgeSecondsOf(instance, view)},
                           {"started_at", began ? Json(WallText(join.ToWall(instance.started_at))) : Json()}});
}

Json RevisionJson(const rollout::RevisionState& revision, const RolloutView& view, const ClockJoin& join) {
  Json::Array instances;
  int ready = 0;
  Instant oldest = view.at;
  for (const InstanceState& instance : view.instances) {
    if (instance.revision != revision.id) continue;
    instances.push_back(InstanceJson(instance, view, join));
    ready += instance.ready ? 1 : 0;
    if (instance.started_at != Instant()) oldest = std::min(oldest, instance.started_at);
  }
  Json::Array images;
  const auto found = view.images.find(revision.id);
  if (found != view.images.end()) {
    for (const std::string& image : found->second) images.emplace_back(image);
  }
  return Json(Json::Object{{"revision", revision.id.str()},
                           {"number", revision.number},
                           {"role", RoleOf(view, revision.id)},
                           {"desired", revision.desired},
                           {"ready", ready},
                           {"slot", revision.slot},
                           {"age_seconds", SecondsOf(view.at - oldest)},
                           {"images", std::move(images)},
                           {"instances", std::move(instances)}});
}

Json ReplicasJson(const RolloutView& view) {
  const std::optional<RevisionId> updated =
      view.status.attempt.has_value() ? std::optional(view.status.attempt->revision) : view.status.stable;
  int current = 0;
  int updated_count = 0;
  int ready = 0;
  for (const InstanceState& instance : view.instances) {
    if (instance.phase == InstancePhase::kStopped) continue;
    ++current;
    updated_count += updated == instance.revision ? 1 : 0;
    ready += instance.ready ? 1 : 0;
  }
  return Json(Json::Object{{"desired", view.spec.replicas},
                           {"current", current},
                           {"updated", updated_count},
                           {"ready", ready},
                           {"available", ready}});
}

Json FindingOfGateJson(const gate::Finding& finding) {
  Json::Array evidence;
  for (const gate::Evidence& item : finding.evidence) {
    evidence.emplace_back(
        Json::Object{{"what", item.what}, {"value", item.value}, {"from", WallText(item.from)}, {"to", WallText(item.to)}});
  }
  return Json(Json::Object{
      {"verdict", gate::VerdictName(finding.verdict)}, {"reason", finding.reason}, {"evidence", std::move(evidence)}});
}

Json SignalJson(const control::SignalView& signal) {
  Json json = FindingOfGateJson(signal.finding);
  Json::Object& object = *json.as_object();
  object["name"] = signal.name;
  object["counts"] = signal.counts;
  object["standing"] = signal.standing;
  object["state"] = StateWord(signal.state);
  object["at"] = signal.at == WallTime() ? Json() : Json(WallText(signal.at));
  return json;
}

Json AttemptJson(const state::AttemptRecord& record) {
  const rollout::Attempt& attempt = record.attempt;
  Json json(Json::Object{{"id", attempt.id.str()},
                         {"ordinal", attempt.ordinal},
                         {"revision", attempt.revision.str()},
                         {"number", record.revision_number},
                         {"stage", StageWord(attempt.stage)},
                         {"ending", EndingWord(attempt.ending)},
                         {"reason", attempt.reason},
                         {"began", WallText(record.began)},
                         {"weight_permille_max", record.weight_max.permille()},
                         {"evidence", record.evidence_blob}});
  if (attempt.baseline.has_value()) json.as_object()->emplace("baseline", attempt.baseline->str());
  if (record.promoted.has_value()) json.as_object()->emplace("promoted", WallText(*record.promoted));
  if (record.ended.has_value()) json.as_object()->emplace("ended", WallText(*record.ended));
  return json;
}

// The gate in one word for a list, and the reason with it.
gate::Finding GateOf(const RolloutView& view) {
  return view.world.gate.has_value() ? view.world.gate->finding : gate::Finding();
}

Instant SinceOf(const RolloutView& view) {
  if (!view.status.attempt.has_value()) return view.at;
  const rollout::Attempt& attempt = *view.status.attempt;
  if (attempt.aborted_at.has_value()) return *attempt.aborted_at;
  if (attempt.stage == rollout::Stage::kStepping) return attempt.step_started_at;
  return attempt.promoted_at.value_or(attempt.started_at);
}

}  // namespace

Json RolloutSummaryJson(const RolloutView& view, const ClockJoin& join) {
  const bool judged = view.status.attempt.has_value() && view.status.attempt->stage != rollout::Stage::kDone &&
                      view.status.attempt->stage != rollout::Stage::kAborted;
  Json::Object object{{"namespace", view.name.ns.str()},
                      {"name", view.name.name},
                      {"uid", view.spec.uid.str()},
                      {"generation", view.spec.generation.value},
                      {"version", view.version},
                      {"strategy", StrategyWord(view.spec.canary)},
                      {"phase", PhaseWord(view.status.phase)},
                      {"message", view.status.message},
                      {"trouble", view.trouble},
                      {"deleting", view.spec.removal.has_value()},
                      {"url", view.url},
                      {"revision", view.spec.revision.str()},
                      {"number", NumberOf(view, view.spec.revision)},
                      {"set_weight_permille", SetWeightOf(view).permille()},
                      {"weight_permille", ActualWeight(view).permille()},
                      {"share_permille", ShareOfNewest(view).permille()},
                      {"not_ready", NotReadyJson(view)},
                      {"step", StepJson(view)},
                      {"replicas", ReplicasJson(view)},
                      {"gate", judged ? Json(gate::VerdictName(GateOf(view).verdict)) : Json("")},
                      {"gate_reason", judged ? Json(GateOf(view).reason) : Json("")},
                      {"since", WallText(join.ToWall(SinceOf(view)))},
                      {"since_seconds", SecondsOf(view.at - SinceOf(view))}};
  if (view.status.stable.has_value()) {
    object["stable"] = view.status.stable->str();
    object["stable_number"] = NumberOf(view, *view.status.stable);
  }
  if (!view.attempts.empty()) {
    const rollout::Attempt& attempt = view.attempts.back().attempt;
    object["stage"] = StageWord(attempt.stage);
    object["ending"] = EndingWord(attempt.ending);
    object["reason"] = attempt.reason;
    object["attempt_number"] = view.attempts.back().revision_number;
  }
  return Json(std::move(object));
}

Json RolloutJson(const RolloutView& view, const ClockJoin& join) {
  Json json = RolloutSummaryJson(view, join);
  Json::Object& object = *json.as_object();
  Json::Array revisions;
  for (auto it = view.status.revisions.rbegin(); it != view.status.revisions.rend(); ++it) {
    revisions.push_back(RevisionJson(*it, view, join));
  }
  Json::Array signals;
  for (const control::SignalView& signal : view.signals) signals.push_back(SignalJson(signal));
  Json::Array attempts;
  for (const state::AttemptRecord& attempt : view.attempts) attempts.push_back(AttemptJson(attempt));
  Json::Array steps;
  for (const rollout::Step& step : view.spec.canary.steps) steps.emplace_back(StepText(step));
  object["revisions"] = std::move(revisions);
  object["signals"] = std::move(signals);
  object["attempts"] = std::move(attempts);
  object["steps"] = std::move(steps);
  object["bake_seconds"] = SecondsOf(view.spec.bake);
  object["age_seconds"] =
      view.attempts.empty() ? Json(0.0) : Json(SecondsOf(view.at - join.ToBoot(view.attempts.front().began)));
  return json;
}

}  // namespace tuesday::server
