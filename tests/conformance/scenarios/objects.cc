// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/yaml.h"
#include "core/manifest/read/base64.h"

namespace tuesday::scenarios {
namespace {

// Members that are not there are made on the way.
Json& MemberOf(Json& json, const std::string& key) {
  if (json.as_object() == nullptr) json = Json::Object{};
  return (*json.as_object())[key];
}

bool IsNamedList(const Json& json) {
  const Json::Array* items = json.as_array();
  return items != nullptr && !items->empty() &&
         std::ranges::all_of(*items, [](const Json& item) { return item.At("name").as_string() != nullptr; });
}

void Merge(Json& target, const Json& patch);

void MergeByName(Json& target, const Json::Array& patch) {
  for (const Json& item : patch) {
    const auto same =
        std::ranges::find_if(*target.as_array(), [&](const Json& known) { return known.At("name") == item.At("name"); });
    if (same == target.as_array()->end()) {
      Json added = Json::Object{};
      Merge(added, item);
      target.as_array()->push_back(std::move(added));
    } else {
      Merge(*same, item);
    }
  }
}

void Merge(Json& target, const Json& patch) {
  const Json::Object* members = patch.as_object();
  if (members == nullptr) {
    if (IsNamedList(patch) && IsNamedList(target)) return MergeByName(target, *patch.as_array());
    target = patch;
    return;
  }
  for (const auto& [key, value] : *members) {
    if (value.is_null()) {
      MemberOf(target, key);
      target.as_object()->erase(key);
    } else {
      Merge(MemberOf(target, key), value);
    }
  }
}

// "sleep 5" of `command: [sleep, "5"]`, in seconds.
int SleepSeconds(const Json& command) {
  const Json::Array* words = command.as_array();
  if (words == nullptr || words->size() < 2 || words->front().StringOr("") != "sleep") return 0;
  const std::string text = (*words)[1].StringOr("");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

// What delays a start by its manifest and has no field of ours goes to the simulated instances by annotation.
void DescribePod(Json& pod_template) {
  const Json& pod = pod_template.At("spec");
  std::int64_t delay_seconds = 0;
  const Json::Array* containers = pod.At("containers").as_array();
  for (const Json& container : containers == nullptr ? Json::Array{} : *containers) {
    delay_seconds += SleepSeconds(container.At("lifecycle").At("postStart").At("exec").At("command"));
  }
  const bool gated = pod.At("readinessGates").as_array() != nullptr;
  Json& annotations = MemberOf(MemberOf(pod_template, "metadata"), "annotations");
  if (delay_seconds > 0) MemberOf(annotations, kReadyAfter) = std::to_string(delay_seconds);
  if (gated) MemberOf(annotations, kGated) = "true";
  if (annotations.is_null()) annotations = Json::Object{};
}

// Our edge takes the place of whatever router the manifest names. Scenarios that look into that router are not run at all.
void RouteByOurs(Json& canary) {
  constexpr std::array kForeign = {"alb", "ambassador", "apisix", "appMesh", "istio", "smi", "traefik"};
  const Json& routing = canary.At("trafficRouting");
  const bool foreign = std::ranges::any_of(kForeign, [&](const char* name) { return !routing.At(name).is_null(); });
  if (!foreign) return;
  Json& ours = MemberOf(canary, "trafficRouting");
  Json::Object kept;
  for (const auto& [key, value] : *ours.as_object()) {
    if (std::ranges::find(kForeign, key) == kForeign.end()) kept[key] = value;
  }
  kept["nginx"] = Json::Object{{"stableIngress", "scenario"}};
  ours = std::move(kept);
}

void RolloutAsOurs(Json& rollout) {
  // Argo knows neither a bake nor a predecessor that is kept for it.
  Json& annotations = MemberOf(MemberOf(rollout, "metadata"), "annotations");
  MemberOf(annotations, "tuesday/bake") = "0s";
  MemberOf(annotations, "tuesday/bake-keep") = "none";
  Json& spec = MemberOf(rollout, "spec");
  if (spec.At("template").as_object() != nullptr) DescribePod(MemberOf(spec, "template"));
  if (spec.At("strategy").At("canary").as_object() != nullptr) RouteByOurs(MemberOf(MemberOf(spec, "strategy"), "canary"));
}

std::string Quoted(const std::string& text) { return CanonicalJson(Json(text)); }

std::string JobQuery(const Json& job) {
  std::string command;
  const Json::Array* containers = job.At("spec").At("template").At("spec").At("containers").as_array();
  const Json& container = containers == nullptr || containers->empty() ? job.At("none") : containers->front();
  if (const Json::Array* args = container.At("args").as_array(); args != nullptr && !args->empty()) {
    command = args->back().StringOr("");
  }
  return std::string(kJobMetric) + "{command=" + Quoted(command) + ",image=" + Quoted(container.At("image").StringOr("")) +
         ",deadline=\"" + std::to_string(job.At("spec").At("activeDeadlineSeconds").IntOr(0)) + "\"}";
}

// A measurement that another system takes becomes a query for which the simulated world has the answer. A job's is its
// exit code, and 0 is good.
void MetricAsOurs(Json& metric) {
  const Json& provider = metric.At("provider");
  if (provider.At("job").as_object() != nullptr) {
    const std::string query = JobQuery(provider.At("job"));
    MemberOf(metric, "provider") = Json::Object{{"prometheus", Json::Object{{"query", query}}}};
    MemberOf(metric, "successCondition") = "result[0] == 0";
    MemberOf(metric, "failureCondition") = "result[0] > 0";
  } else if (provider.At("web").as_object() != nullptr) {
    const Json& web = provider.At("web");
    const std::string query = std::string(kWebMetric) + "{url=" + Quoted(web.At("url").StringOr("")) +
                              ",path=" + Quoted(web.At("jsonPath").StringOr("")) + "}";
    MemberOf(metric, "provider") = Json::Object{{"prometheus", Json::Object{{"query", query}}}};
  }
}

Json* Items(Json& json, const std::string& key) { return json.At(key).as_array() == nullptr ? nullptr : &MemberOf(json, key); }

std::string SecretValue(const std::vector<Json>& objects, const Json& reference) {
  for (const Json& object : objects) {
    if (object.At("kind").StringOr("") != "Secret" || object.At("metadata").At("name") != reference.At("name")) continue;
    const std::string encoded = object.At("data").At(reference.At("key").StringOr("")).StringOr("");
    return manifest::DecodeBase64(encoded).value_or("");
  }
  return {};
}

void TemplateAsOurs(Json& object, const std::vector<Json>& objects) {
  Json& spec = MemberOf(object, "spec");
  if (Json* metrics = Items(spec, "metrics")) {
    for (Json& metric : *metrics->as_array()) MetricAsOurs(metric);
  }
  if (Json* args = Items(spec, "args")) {
    for (Json& arg : *args->as_array()) {
      const Json& reference = arg.At("valueFrom").At("secretKeyRef");
      if (reference.is_null()) continue;
      arg = Json::Object{{"name", arg.At("name")}, {"value", SecretValue(objects, reference)}};
    }
  }
}

// What upstream's object becomes when tuesday is given it. Everything that differs on purpose is here and nowhere else.
Json Ours(Json object, const std::vector<Json>& objects) {
  const std::string kind = object.At("kind").StringOr("");
  if (kind == "Rollout") RolloutAsOurs(object);
  if (kind.ends_with("AnalysisTemplate")) TemplateAsOurs(object, objects);
  return object;
}

}  // namespace

Result<void> Objects::Load(std::string_view text, std::string_view file) {
  TRY(const std::vector<YamlNode> documents, ParseYamlStream(text, file));
  for (const YamlNode& document : documents) {
    Json object = YamlToJson(document);
    if (object.as_object() == nullptr) continue;
    const std::string name = object.At("metadata").At("name").StringOr("");
    std::erase_if(objects_, [&](const Json& known) {
      return known.At("kind") == object.At("kind") && known.At("metadata").At("name") == object.At("metadata").At("name");
    });
    if (object.At("kind").StringOr("") == "Rollout") rollout_ = name;
    objects_.push_back(std::move(object));
  }
  return {};
}

Result<void> Objects::Patch(std::string_view patch) {
  TRY(const YamlNode node, ParseYaml(patch, "patch"));
  if (Json* rollout = MutableRollout()) Merge(*rollout, YamlToJson(node));
  return {};
}

void Objects::Set(const std::vector<std::string>& path, Json value) {
  Json* at = MutableRollout();
  if (at == nullptr) return;
  for (const std::string& key : path) at = &MemberOf(*at, key);
  *at = std::move(value);
}

Json* Objects::MutableRollout() {
  const auto found = std::ranges::find_if(objects_, [&](const Json& object) {
    return object.At("kind").StringOr("") == "Rollout" && object.At("metadata").At("name").StringOr("") == rollout_;
  });
  return found == objects_.end() ? nullptr : &*found;
}

const Json& Objects::rollout() const {
  static const Json kNone;
  for (const Json& object : objects_) {
    if (object.At("kind").StringOr("") == "Rollout" && object.At("metadata").At("name").StringOr("") == rollout_) return object;
  }
  return kNone;
}

std::string Objects::Text() const {
  std::string text;
  for (const Json& object : objects_) text += CanonicalJson(Ours(object, objects_)) + "\n---\n";
  return text;
}

std::set<std::string> Objects::Images() const {
  std::set<std::string> images;
  for (const Json& object : objects_) {
    const Json::Array* containers = object.At("spec").At("template").At("spec").At("containers").as_array();
    for (const Json& container : containers == nullptr ? Json::Array{} : *containers) {
      images.insert(container.At("image").StringOr(""));
    }
  }
  return images;
}

}  // namespace tuesday::scenarios
