// SPDX-License-Identifier: Apache-2.0
// One entry of `strategy.canary.steps` (Argo Rollouts 1.9, types.go, CanaryStep).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kStepKeys = std::to_array<Key>({
    {"analysis"},
    {"experiment", kRefused},
    {"pause"},
    {"plugin", kRefused},
    {"setCanaryScale"},
    {"setHeaderRoute", kRefused},
    {"setMirrorRoute", kRefused},
    {"setWeight"},
});
constexpr auto kPauseKeys = std::to_array<Key>({{"duration"}});
constexpr auto kScaleKeys = std::to_array<Key>({{"matchTrafficWeight"}, {"replicas"}, {"weight"}});

// Whole seconds or Go's form.
StepPause ReadPause(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields pause(notes, node, path, kPauseKeys);
  StepPause out;
  std::string text;
  if (!pause.ReadIntOrText("duration", text)) return out;
  const YamlNode& at = *pause.Find("duration");
  Duration duration{};
  const YamlNode number{.kind = YamlNode::Kind::kScalar, .text = text, .plain = true};
  if (const std::optional<std::int64_t> seconds = number.AsInt()) {
    constexpr std::int64_t kSecondsMax = 1'000'000'000;  // 31 years; a Duration holds ten times that.
    if (*seconds > kSecondsMax) {
      notes.Error(at, "out-of-range", fmt::format("`{}` is {} seconds.", pause.PathOf("duration"), *seconds),
                  "Pause for less.");
      return out;
    }
    duration = std::chrono::seconds(std::max<std::int64_t>(*seconds, -1));
  } else {
    const Result<Duration> read = ParseGoDuration(text);
    if (!read.has_value()) {
      notes.Error(at, "bad-duration", fmt::format("`{}` is \"{}\", not a duration.", pause.PathOf("duration"), text),
                  "Write seconds or a duration like 30s, 5m or 1h.");
      return out;
    }
    duration = *read;
  }
  if (duration < Duration::zero()) {
    notes.Error(at, "out-of-range", "Duration needs to be greater than 0.", "Write seconds or a duration like 30s, 5m or 1h.");
    return out;
  }
  out.duration = duration;
  return out;
}

StepSetCanaryScale ReadScale(Notes& notes, const YamlNode& node, const std::string& path, bool routed) {
  Fields scale(notes, node, path, kScaleKeys);
  StepSetCanaryScale out;
  int number = 0;
  if (scale.Read("replicas", number)) out.replicas = number;
  if (scale.Read("weight", number, {0, 100})) out.weight = number;
  scale.Read("matchTrafficWeight", out.match_traffic_weight);
  const int given = static_cast<int>(scale.Find("replicas") != nullptr) + static_cast<int>(scale.Find("weight") != nullptr) +
                    static_cast<int>(out.match_traffic_weight);
  if (given != 1) {
    notes.Error(node, "exactly-one", fmt::format("`{}` has {} of replicas, weight and matchTrafficWeight.", path, given),
                "Give exactly one.");
  }
  if (!routed) {
    notes.Error(node, "contradiction", "SetCanaryScale requires TrafficRouting to be set.",
                "Add `trafficRouting`, or remove the step.");
  }
  return out;
}

// Says when a step has none of the kinds or several, naming them.
void CheckKinds(Fields& step) {
  std::vector<std::string> kinds;
  for (const auto& [key, value] : step.node().members) {
    const bool known = std::any_of(kStepKeys.begin(), kStepKeys.end(), [&key](const Key& k) { return k.name == key.text; });
    if (known && !value.IsNull()) kinds.push_back(key.text);
  }
  if (kinds.empty()) {
    const bool misspelt = step.is_mapping() && !step.node().members.empty() &&
                          std::none_of(step.node().members.begin(), step.node().members.end(),
                                       [](const auto& member) { return member.second.IsNull(); });
    if (misspelt) return;  // The unknown key has been told.
    step.notes().Error(step.node(), "empty-step",
                       "Step must have one of the following set: experiment, setWeight, setCanaryScale or pause.",
                       "For a pause until somebody promotes write `pause: {}`.");
    return;
  }
  if (kinds.size() == 1) return;
  std::string list = kinds.front();
  for (std::size_t i = 1; i < kinds.size(); ++i) list += (i + 1 == kinds.size() ? " and " : ", ") + kinds[i];
  // A refused kind is refused already; whether it may stand beside another is that kind's own matter.
  const bool refused = std::any_of(kinds.begin(), kinds.end(), [](const std::string& kind) {
    return std::any_of(kStepKeys.begin(), kStepKeys.end(), [&](const Key& k) { return k.name == kind && k.use == kRefused; });
  });
  if (refused) return;
  step.notes().Error(step.node(), "several-kinds", fmt::format("`{}` has {} in one step.", step.path(), list),
                     "Make each a step of its own: start it with `- `.");
}

}  // namespace

Step ReadStep(Notes& notes, const YamlNode& node, const std::string& path, const CanaryStrategy& canary) {
  Fields fields(notes, node, path, kStepKeys);
  Step step{.at = notes.At(node), .body = StepPause{}};
  CheckKinds(fields);
  for (const Key& key : kStepKeys) {
    if (key.use == kRefused && fields.Find(key.name) != nullptr) step.body = StepUnsupported{std::string(key.name)};
  }
  if (const YamlNode* pause = fields.FindMapping("pause")) step.body = ReadPause(notes, *pause, fields.PathOf("pause"));
  if (const YamlNode* scale = fields.FindMapping("setCanaryScale")) {
    step.body = ReadScale(notes, *scale, fields.PathOf("setCanaryScale"), canary.traffic_routing.has_value());
  }
  if (const YamlNode* analysis = fields.FindMapping("analysis")) {
    step.body = StepAnalysis{ReadAnalysisRef(notes, *analysis, fields.PathOf("analysis"), nullptr)};
  }
  if (const YamlNode* weight = fields.Find("setWeight")) {
    const int weight_max = canary.traffic_routing ? canary.traffic_routing->max_traffic_weight : 100;
    const std::optional<std::int64_t> percent = weight->AsInt();
    int read = 0;
    if (percent && (*percent < 0 || *percent > weight_max)) {
      notes.Error(*weight, "out-of-range", fmt::format("SetWeight needs to be between 0 and {}, not {}.", weight_max, *percent),
                  "It is the canary's share of requests in percent.");
    } else if (fields.Read("setWeight", read)) {
      step.body = StepSetWeight{read};
    }
  }
  return step;
}

}  // namespace tuesday::manifest
