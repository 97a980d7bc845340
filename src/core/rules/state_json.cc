// SPDX-License-Identifier: Apache-2.0
// The group state as JSON. Numbers that JSON has no word for are texts: "NaN", "+Inf", "-Inf", "stale".
#include <cmath>
#include <limits>

#include "core/rules/alert.h"

namespace tuesday::rules {
namespace {

Json NumberToJson(double value) {
  if (metrics::IsStale(value)) return Json("stale");
  if (std::isnan(value)) return Json("NaN");
  if (std::isinf(value)) return Json(value > 0 ? "+Inf" : "-Inf");
  return Json(value);
}

double NumberFromJson(const Json& json) {
  const std::string* word = json.as_string();
  if (word == nullptr) return json.NumberOr(0);
  if (*word == "stale") return metrics::StaleMarker();
  if (*word == "+Inf") return std::numeric_limits<double>::infinity();
  if (*word == "-Inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

Json LabelsToJson(const metrics::Labels& labels) {
  Json::Object object;
  for (const auto& [name, value] : labels) object.emplace(name, value);
  return Json(std::move(object));
}

std::map<std::string, std::string> TextsFromJson(const Json& json) {
  std::map<std::string, std::string> texts;
  if (json.as_object() == nullptr) return texts;
  for (const auto& [name, value] : *json.as_object()) texts.emplace(name, value.StringOr(""));
  return texts;
}

metrics::Labels LabelsFromJson(const Json& json) {
  const std::map<std::string, std::string> texts = TextsFromJson(json);
  return metrics::Labels(std::vector<metrics::Labels::Pair>(texts.begin(), texts.end()));
}

void SetTime(Json::Object& object, std::string_view key, const std::optional<std::int64_t>& time) {
  if (time) object.emplace(key, *time);
}

std::optional<std::int64_t> TimeFromJson(const Json& json) {
  if (json.as_int() == nullptr) return std::nullopt;
  return *json.as_int();
}

Json AlertToJson(const ActiveAlert& alert) {
  Json::Object annotations;
  for (const auto& [name, value] : alert.annotations) annotations.emplace(name, value);
  Json::Object object{{"labels", LabelsToJson(alert.labels)},
                      {"annotations", Json(std::move(annotations))},
                      {"value", NumberToJson(alert.value)},
                      {"phase", Json(AlertPhaseName(alert.phase))},
                      {"active_at", Json(alert.active_at)}};
  SetTime(object, "fired_at", alert.fired_at);
  SetTime(object, "resolved_at", alert.resolved_at);
  SetTime(object, "keep_firing_since", alert.keep_firing_since);
  return Json(std::move(object));
}

Result<ActiveAlert> AlertFromJson(const Json& json) {
  ActiveAlert alert;
  alert.labels = LabelsFromJson(json.At("labels"));
  alert.annotations = TextsFromJson(json.At("annotations"));
  alert.value = NumberFromJson(json.At("value"));
  alert.active_at = json.At("active_at").IntOr(0);
  alert.fired_at = TimeFromJson(json.At("fired_at"));
  alert.resolved_at = TimeFromJson(json.At("resolved_at"));
  alert.keep_firing_since = TimeFromJson(json.At("keep_firing_since"));
  const std::string phase = json.At("phase").StringOr("");
  for (const AlertPhase known : {AlertPhase::kPending, AlertPhase::kFiring, AlertPhase::kInactive}) {
    if (AlertPhaseName(known) != phase) continue;
    alert.phase = known;
    return alert;
  }
  return Fail(ErrorCode::kCorrupt, "A stored alert has the unknown phase \"" + phase + "\".");
}

Json RuleToJson(const RuleState& rule) {
  Json::Array alerts;
  for (const ActiveAlert& alert : rule.alerts) alerts.push_back(AlertToJson(alert));
  Json::Array produced;
  for (const metrics::Labels& labels : rule.produced) produced.push_back(LabelsToJson(labels));
  return Json(Json::Object{{"rule", Json(rule.rule)},
                           {"alerts", Json(std::move(alerts))},
                           {"produced", Json(std::move(produced))},
                           {"error", Json(rule.error)}});
}

const Json::Array& ArrayOf(const Json& json) {
  static const Json::Array kEmpty;
  return json.as_array() == nullptr ? kEmpty : *json.as_array();
}

Result<RuleState> RuleFromJson(const Json& json) {
  RuleState rule;
  rule.rule = json.At("rule").StringOr("");
  rule.error = json.At("error").StringOr("");
  for (const Json& stored : ArrayOf(json.At("alerts"))) {
    TRY(ActiveAlert alert, AlertFromJson(stored));
    rule.alerts.push_back(std::move(alert));
  }
  for (const Json& labels : ArrayOf(json.At("produced"))) rule.produced.push_back(LabelsFromJson(labels));
  return rule;
}

}  // namespace

Json GroupStateToJson(const GroupState& state) {
  Json::Array rules;
  for (const RuleState& rule : state.rules) rules.push_back(RuleToJson(rule));
  Json::Array recorded;
  for (const auto& [labels, samples] : state.recorded) {
    Json::Array times;
    Json::Array values;
    for (const metrics::Sample& sample : samples) {
      times.emplace_back(sample.t);
      values.push_back(NumberToJson(sample.value));
    }
    recorded.emplace_back(
        Json::Object{{"labels", LabelsToJson(labels)}, {"t", Json(std::move(times))}, {"v", Json(std::move(values))}});
  }
  Json::Object object{
      {"rules", Json(std::move(rules))}, {"recorded", Json(std::move(recorded))}, {"evaluations", Json(state.evaluations)}};
  SetTime(object, "last_ms", state.last_ms);
  return Json(std::move(object));
}

Result<GroupState> GroupStateFromJson(const Json& json) {
  if (json.as_object() == nullptr) return Fail(ErrorCode::kCorrupt, "A stored rule group's state is no object.");
  GroupState state;
  state.evaluations = json.At("evaluations").IntOr(0);
  state.last_ms = TimeFromJson(json.At("last_ms"));
  for (const Json& stored : ArrayOf(json.At("rules"))) {
    TRY(RuleState rule, RuleFromJson(stored));
    state.rules.push_back(std::move(rule));
  }
  for (const Json& stored : ArrayOf(json.At("recorded"))) {
    const Json::Array& times = ArrayOf(stored.At("t"));
    const Json::Array& values = ArrayOf(stored.At("v"));
    if (times.size() != values.size()) return Fail(ErrorCode::kCorrupt, "A stored series has times without values.");
    std::vector<metrics::Sample> samples;
    for (std::size_t i = 0; i < times.size(); ++i) samples.push_back({times[i].IntOr(0), NumberFromJson(values[i])});
    state.recorded.emplace(LabelsFromJson(stored.At("labels")), std::move(samples));
  }
  return state;
}

}  // namespace tuesday::rules
