// SPDX-License-Identifier: Apache-2.0
#include "wire/state/fields_rollout.h"
#include "wire/state/visit.h"

namespace tuesday::rollout {

namespace {

template <typename V>
void Fields(V& v, SetCanaryScale& x) {
  v("replicas", x.replicas);
  v("weight_percent", x.weight_percent);
  v("match_traffic_weight", x.match_traffic_weight);
}

template <typename V>
void Fields(V& v, Pause& x) {
  v("duration", x.duration);
}

template <typename T>
Json WriteFields(const T& value) {
  state::Writer writer;
  T copy = value;
  Fields(writer, copy);
  return Json(writer.Take());
}

template <typename T>
Result<void> ReadFields(const Json& json, Step& step) {
  T value;
  state::Reader reader(json, state::UnknownKeys::kRefuse, "step");
  Fields(reader, value);
  TRY_OK(reader.Finish());
  step = value;
  return {};
}

}  // namespace

Json WriteSpecial(const Step& step) {
  if (const auto* weight = std::get_if<SetWeight>(&step)) return Json::Object{{"set_weight", weight->weight.permille()}};
  if (const auto* pause = std::get_if<Pause>(&step)) return Json::Object{{"pause", WriteFields(*pause)}};
  if (const auto* scale = std::get_if<SetCanaryScale>(&step)) return Json::Object{{"set_canary_scale", WriteFields(*scale)}};
  return Json::Object{{"analysis", std::get<AnalysisStep>(step).analysis}};
}

Result<void> ReadSpecial(const Json& json, Step& step) {
  const Json::Object* object = json.as_object();
  if (object == nullptr || object->size() != 1) return Fail(ErrorCode::kCorrupt, "is not a step with one key");
  const auto& [key, value] = *object->begin();
  if (key == "pause") return ReadFields<Pause>(value, step);
  if (key == "set_canary_scale") return ReadFields<SetCanaryScale>(value, step);
  const std::int64_t* number = value.as_int();
  if (key == "set_weight" && number != nullptr && *number >= 0 && *number <= 1000) {
    step = SetWeight{Weight::Permille(static_cast<int>(*number))};
    return {};
  }
  if (key == "analysis" && number != nullptr && std::in_range<int>(*number)) {
    step = AnalysisStep{static_cast<int>(*number)};
    return {};
  }
  return Fail(ErrorCode::kCorrupt, "is not a step that is known: `" + key + "`");
}

}  // namespace tuesday::rollout
