// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/record/spec_file.h"

#include <algorithm>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kBytesMax = 1 << 20;
constexpr std::size_t kIdBytesMax = 200;

Json MapToJson(const std::map<std::string, std::string>& map) {
  Json::Object object;
  for (const auto& [name, value] : map) object.emplace(name, value);
  return object;
}

std::map<std::string, std::string> MapFromJson(const Json& json) {
  std::map<std::string, std::string> map;
  if (const Json::Object* object = json.as_object()) {
    for (const auto& [name, value] : *object) map.emplace(name, value.StringOr(""));
  }
  return map;
}

Json MountsToJson(const std::vector<Mount>& mounts) {
  Json::Array array;
  for (const Mount& mount : mounts) {
    array.emplace_back(
        Json::Object{{"host", mount.host}, {"inside", mount.inside}, {"write", mount.access == Mount::Access::kWrite}});
  }
  return array;
}

std::vector<Mount> MountsFromJson(const Json& json) {
  std::vector<Mount> mounts;
  if (const Json::Array* array = json.as_array()) {
    for (const Json& one : *array) {
      mounts.push_back({one.At("host").StringOr(""), one.At("inside").StringOr(""),
                        one.At("write").BoolOr(false) ? Mount::Access::kWrite : Mount::Access::kRead});
    }
  }
  return mounts;
}

Json LimitsToJson(const PlaceLimits& limits) {
  return Json::Object{{"cpus", limits.cpus},
                      {"memory_bytes", limits.memory_bytes},
                      {"processes", limits.processes},
                      {"disk_bytes", limits.disk_bytes},
                      {"log_bytes", limits.log_bytes}};
}

PlaceLimits LimitsFromJson(const Json& json) {
  PlaceLimits limits;
  const auto bytes = [&json](const char* name, std::uint64_t fallback) {
    return static_cast<std::uint64_t>(json.At(name).IntOr(static_cast<std::int64_t>(fallback)));
  };
  limits.cpus = json.At("cpus").NumberOr(limits.cpus);
  limits.memory_bytes = bytes("memory_bytes", limits.memory_bytes);
  limits.processes = static_cast<int>(json.At("processes").IntOr(limits.processes));
  limits.disk_bytes = bytes("disk_bytes", limits.disk_bytes);
  limits.log_bytes = bytes("log_bytes", limits.log_bytes);
  return limits;
}

}  // namespace

Json StringsToJson(const std::vector<std::string>& strings) {
  Json::Array array;
  for (const std::string& one : strings) array.emplace_back(one);
  return array;
}

std::vector<std::string> StringsFromJson(const Json& json) {
  std::vector<std::string> strings;
  if (const Json::Array* array = json.as_array()) {
    for (const Json& one : *array) strings.push_back(one.StringOr(""));
  }
  return strings;
}

Result<void> WriteSpec(const PlaceFolder& folder, const PlaceSpec& spec) {
  const Json::Object json{{"format", kFormat},
                          {"id", spec.id.str()},
                          {"workspace", spec.workspace},
                          {"workspace_host", spec.workspace_host},
                          {"home", spec.home},
                          {"temp", spec.temp},
                          {"continues", spec.continues.str()},
                          {"mounts", MountsToJson(spec.mounts)},
                          {"hosts", MapToJson(spec.hosts)},
                          {"service_socket", spec.service_socket},
                          {"service_port", spec.service_port},
                          {"network", spec.network == Network::kNone ? "none" : "outside"},
                          {"limits", LimitsToJson(spec.limits)},
                          {"time_max_ns", static_cast<std::int64_t>(spec.time_max.count())}};
  return files::WriteFileDurably(folder.spec(), CanonicalJson(json), 0600);
}

Result<PlaceSpec> ReadSpec(const PlaceFolder& folder) {
  TRY(const std::string text, files::ReadFile(folder.spec(), kBytesMax));
  const Result<Json> json = ParseJson(text);
  if (!json.has_value() || json->At("format").IntOr(0) != kFormat) {
    return Fail(ErrorCode::kCorrupt, "The file '" + folder.spec() + "' does not read back.");
  }
  PlaceSpec spec;
  spec.id = PlaceId(json->At("id").StringOr(""));
  spec.workspace = json->At("workspace").StringOr("");
  spec.workspace_host = json->At("workspace_host").StringOr("");
  spec.home = json->At("home").StringOr(kPlaceHome);
  spec.temp = json->At("temp").StringOr(kPlaceTemp);
  spec.continues = PlaceId(json->At("continues").StringOr(""));
  spec.mounts = MountsFromJson(json->At("mounts"));
  spec.hosts = MapFromJson(json->At("hosts"));
  spec.service_socket = json->At("service_socket").StringOr("");
  spec.service_port = static_cast<int>(json->At("service_port").IntOr(0));
  spec.network = json->At("network").StringOr("") == "none" ? Network::kNone : Network::kOutside;
  spec.limits = LimitsFromJson(json->At("limits"));
  spec.time_max = Duration(json->At("time_max_ns").IntOr(spec.time_max.count()));
  return spec;
}

namespace {

Json ContainerToJson(const workflow::ContainerPlan& plan) {
  Json::Object json{{"id", plan.id},
                    {"image", plan.image},
                    {"user", plan.user},
                    {"password", plan.password},
                    {"environment", MapToJson(plan.environment)},
                    {"ports", StringsToJson(plan.ports)},
                    {"volumes", StringsToJson(plan.volumes)},
                    {"options", plan.options},
                    {"entrypoint", plan.entrypoint},
                    {"build_folder", plan.build_folder},
                    {"dockerfile", plan.dockerfile}};
  if (plan.command) json.emplace("command", StringsToJson(*plan.command));
  return json;
}

workflow::ContainerPlan ContainerFromJson(const Json& json) {
  workflow::ContainerPlan plan;
  plan.id = json.At("id").StringOr("");
  plan.image = json.At("image").StringOr("");
  plan.user = json.At("user").StringOr("");
  plan.password = json.At("password").StringOr("");
  plan.environment = MapFromJson(json.At("environment"));
  plan.ports = StringsFromJson(json.At("ports"));
  plan.volumes = StringsFromJson(json.At("volumes"));
  plan.options = json.At("options").StringOr("");
  plan.entrypoint = json.At("entrypoint").StringOr("");
  plan.build_folder = json.At("build_folder").StringOr("");
  plan.dockerfile = json.At("dockerfile").StringOr("");
  if (!json.At("command").is_null()) plan.command = StringsFromJson(json.At("command"));
  return plan;
}

constexpr const char* kTasks[] = {"begin", "end", "run"};

}  // namespace

Json OrderToJson(const StepOrder& order) {
  Json::Object json{{"id", order.id},
                    {"ordinal", order.ordinal},
                    {"argv", StringsToJson(order.argv)},
                    {"script", order.script},
                    {"script_suffix", order.script_suffix},
                    {"environment", MapToJson(order.environment)},
                    {"path_first", StringsToJson(order.path_first)},
                    {"working_dir", order.working_dir},
                    {"unsecure_commands", order.unsecure_commands},
                    {"debug", order.debug},
                    {"embedded", order.embedded}};
  if (order.in_container) json.emplace("in_container", true);
  if (order.containers) {
    Json::Array plans;
    for (const workflow::ContainerPlan& plan : order.containers->containers) plans.push_back(ContainerToJson(plan));
    json.emplace("containers",
                 Json::Object{{"task", kTasks[static_cast<std::size_t>(order.containers->task)]}, {"plans", std::move(plans)}});
  }
  if (order.timeout) json.emplace("timeout_ns", static_cast<std::int64_t>(order.timeout->count()));
  return json;
}

StepOrder OrderFromJson(const Json& json) {
  StepOrder order;
  order.id = json.At("id").StringOr("");
  order.ordinal = static_cast<int>(json.At("ordinal").IntOr(0));
  order.argv = StringsFromJson(json.At("argv"));
  order.script = json.At("script").StringOr("");
  order.script_suffix = json.At("script_suffix").StringOr("");
  order.environment = MapFromJson(json.At("environment"));
  order.path_first = StringsFromJson(json.At("path_first"));
  order.working_dir = json.At("working_dir").StringOr("");
  if (!json.At("timeout_ns").is_null()) order.timeout = Duration(json.At("timeout_ns").IntOr(0));
  order.in_container = json.At("in_container").BoolOr(false);
  if (const Json& containers = json.At("containers"); !containers.is_null()) {
    const auto* const task = std::ranges::find(kTasks, containers.At("task").StringOr(""));
    order.containers.emplace();
    order.containers->task = static_cast<workflow::ContainerTask>(task == std::end(kTasks) ? 2 : task - std::begin(kTasks));
    if (const Json::Array* plans = containers.At("plans").as_array(); plans != nullptr) {
      for (const Json& plan : *plans) order.containers->containers.push_back(ContainerFromJson(plan));
    }
  }
  order.unsecure_commands = json.At("unsecure_commands").BoolOr(false);
  order.debug = json.At("debug").BoolOr(false);
  order.embedded = json.At("embedded").BoolOr(false);
  return order;
}

bool IsPlainId(const std::string& id) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  return !id.empty() && id.size() <= kIdBytesMax && id.front() != '.' && std::ranges::all_of(id, is_plain);
}

}  // namespace tuesday::sandbox
