// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/spec.h"

#include <algorithm>

namespace tuesday::process {
namespace {

using manifest::Probe;

std::int64_t Ms(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }
Duration FromMs(const Json& value, Duration fallback) { return std::chrono::milliseconds(value.IntOr(Ms(fallback))); }

Json Strings(const std::vector<std::string>& strings) { return Json::Array(strings.begin(), strings.end()); }
Json Strings(const std::map<std::string, std::string>& strings) {
  Json::Object object;
  for (const auto& [key, value] : strings) object[key] = value;
  return object;
}

std::vector<std::string> ToStrings(const Json& value) {
  std::vector<std::string> strings;
  if (const auto* array = value.as_array()) {
    for (const auto& element : *array) strings.push_back(element.StringOr(""));
  }
  return strings;
}
std::map<std::string, std::string> ToStringMap(const Json& value) {
  std::map<std::string, std::string> strings;
  if (const auto* object = value.as_object()) {
    for (const auto& [key, element] : *object) strings[key] = element.StringOr("");
  }
  return strings;
}

Json ProbeJson(const std::optional<Probe>& probe) {
  if (!probe.has_value()) return {};
  Json::Object object{{"initial_delay_ms", Ms(probe->initial_delay)},
                      {"period_ms", Ms(probe->period)},
                      {"timeout_ms", Ms(probe->timeout)},
                      {"success_threshold", probe->success_threshold},
                      {"failure_threshold", probe->failure_threshold}};
  if (const auto* http = std::get_if<manifest::HttpGet>(&probe->action)) {
    object["http"] = Json::Object{{"path", http->path}, {"port", http->port}, {"headers", Strings(http->headers)}};
  } else if (const auto* tcp = std::get_if<manifest::TcpSocket>(&probe->action)) {
    object["tcp"] = Json::Object{{"port", tcp->port}};
  } else {
    object["exec"] = Strings(std::get<manifest::ExecCommand>(probe->action).command);
  }
  return object;
}

std::optional<Probe> ToProbe(const Json& value) {
  if (value.as_object() == nullptr) return std::nullopt;
  Probe probe;
  probe.initial_delay = FromMs(value.At("initial_delay_ms"), probe.initial_delay);
  probe.period = FromMs(value.At("period_ms"), probe.period);
  probe.timeout = FromMs(value.At("timeout_ms"), probe.timeout);
  probe.success_threshold = static_cast<int>(value.At("success_threshold").IntOr(probe.success_threshold));
  probe.failure_threshold = static_cast<int>(value.At("failure_threshold").IntOr(probe.failure_threshold));
  if (const Json& http = value.At("http"); !http.is_null()) {
    manifest::HttpGet get;
    get.path = http.At("path").StringOr("/");
    get.port = http.At("port").StringOr("");
    get.headers = ToStringMap(http.At("headers"));
    probe.action = get;
  } else if (const Json& tcp = value.At("tcp"); !tcp.is_null()) {
    probe.action = manifest::TcpSocket{tcp.At("port").StringOr("")};
  } else {
    probe.action = manifest::ExecCommand{ToStrings(value.At("exec"))};
  }
  return probe;
}

Json ResourcesJson(const manifest::Resources& resources) {
  return Json::Object{{"cpu_request_milli", resources.cpu_request_milli},
                      {"cpu_limit_milli", resources.cpu_limit_milli},
                      {"memory_request_bytes", resources.memory_request_bytes},
                      {"memory_limit_bytes", resources.memory_limit_bytes}};
}

manifest::Resources ToResources(const Json& value) {
  return {value.At("cpu_request_milli").IntOr(0), value.At("cpu_limit_milli").IntOr(0),
          value.At("memory_request_bytes").IntOr(0), value.At("memory_limit_bytes").IntOr(0)};
}

Json ContainerJson(const std::optional<ContainerImage>& container) {
  if (!container.has_value()) return {};
  Json::Array ports;
  for (const std::uint16_t port : container->ports) ports.emplace_back(static_cast<int>(port));
  return Json::Object{{"image", container->image},
                      {"socket", container->socket},
                      {"ports", std::move(ports)},
                      {"logins", Strings(container->logins)}};
}

std::optional<ContainerImage> ToContainer(const Json& value) {
  if (value.as_object() == nullptr) return std::nullopt;
  ContainerImage container{value.At("image").StringOr(""), value.At("socket").StringOr(""), {}, ToStrings(value.At("logins"))};
  if (const auto* ports = value.At("ports").as_array()) {
    for (const Json& port : *ports) container.ports.push_back(static_cast<std::uint16_t>(port.IntOr(0)));
  }
  return container;
}

Policy ToPolicy(const Json& value) {
  Policy policy;
  policy.back_off_first = FromMs(value.At("back_off_first_ms"), policy.back_off_first);
  policy.back_off_max = FromMs(value.At("back_off_max_ms"), policy.back_off_max);
  policy.back_off_reset_after = FromMs(value.At("back_off_reset_after_ms"), policy.back_off_reset_after);
  policy.log_bytes_max = std::max<std::int64_t>(4096, value.At("log_bytes_max").IntOr(policy.log_bytes_max));
  return policy;
}

}  // namespace

Json SpecJson(const InstanceSpec& spec) {
  return Json::Object{
      {"format", kSpecFormat},
      {"readable_by", spec.container.has_value() ? kContainerReadableBy : kSpecReadableBy},
      {"instance", spec.instance.str()},
      {"namespace", spec.rollout.ns.str()},
      {"rollout", spec.rollout.name},
      {"uid", spec.uid.str()},
      {"revision", spec.revision.str()},
      {"ordinal", spec.ordinal},
      {"generation", spec.generation.value},
      {"artifact_folder", spec.artifact_folder},
      {"container", ContainerJson(spec.container)},
      {"command", Strings(spec.command)},
      {"args", Strings(spec.args)},
      {"working_dir", spec.working_dir},
      {"environment", Strings(spec.environment)},
      {"has_port", spec.has_port},
      {"readiness", ProbeJson(spec.readiness)},
      {"liveness", ProbeJson(spec.liveness)},
      {"startup", ProbeJson(spec.startup)},
      {"resources", ResourcesJson(spec.resources)},
      {"grace_ms", Ms(spec.grace)},
      {"user", spec.user},
      {"policy", Json::Object{{"back_off_first_ms", Ms(spec.policy.back_off_first)},
                              {"back_off_max_ms", Ms(spec.policy.back_off_max)},
                              {"back_off_reset_after_ms", Ms(spec.policy.back_off_reset_after)},
                              {"log_bytes_max", spec.policy.log_bytes_max}}},
  };
}

Result<InstanceSpec> ParseSpec(std::string_view text) {
  TRY(const Json json, ParseJson(text, {.bytes_max = kSpecBytesMax}));
  if (json.At("readable_by").IntOr(kSpecFormat + 1) > kSpecFormat) {
    return Fail(ErrorCode::kUnsupported,
                "The instance's spec was written by a newer tuesday in a form that this one cannot read.");
  }
  InstanceSpec spec;
  spec.instance = InstanceId(json.At("instance").StringOr(""));
  if (spec.instance.empty()) return Fail(ErrorCode::kCorrupt, "The instance's spec names no instance.");
  spec.rollout = {Namespace(json.At("namespace").StringOr("")), json.At("rollout").StringOr("")};
  spec.uid = Uid(json.At("uid").StringOr(""));
  spec.revision = RevisionId(json.At("revision").StringOr(""));
  spec.ordinal = static_cast<int>(json.At("ordinal").IntOr(0));
  spec.generation = {static_cast<std::uint64_t>(json.At("generation").IntOr(0))};
  spec.artifact_folder = json.At("artifact_folder").StringOr("");
  spec.container = ToContainer(json.At("container"));
  spec.command = ToStrings(json.At("command"));
  spec.args = ToStrings(json.At("args"));
  spec.working_dir = json.At("working_dir").StringOr("");
  spec.environment = ToStringMap(json.At("environment"));
  spec.has_port = json.At("has_port").BoolOr(false);
  spec.readiness = ToProbe(json.At("readiness"));
  spec.liveness = ToProbe(json.At("liveness"));
  spec.startup = ToProbe(json.At("startup"));
  spec.resources = ToResources(json.At("resources"));
  spec.grace = FromMs(json.At("grace_ms"), spec.grace);
  spec.user = json.At("user").StringOr("");
  spec.policy = ToPolicy(json.At("policy"));
  return spec;
}

}  // namespace tuesday::process
