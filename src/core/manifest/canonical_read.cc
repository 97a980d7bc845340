// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include "core/manifest/canonical.h"

namespace tuesday::manifest {
namespace {

std::unexpected<Error> Corrupt(std::string_view key) {
  return Fail(ErrorCode::kCorrupt, fmt::format("The stored pod has a `{}` of another form than was written.", key));
}

// Each Get leaves `out` as it is when the member is absent: its default.
Result<void> Get(const Json& json, std::string_view key, std::string& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_string() == nullptr) return Corrupt(key);
  out = *value.as_string();
  return {};
}

Result<void> Get(const Json& json, std::string_view key, bool& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_bool() == nullptr) return Corrupt(key);
  out = *value.as_bool();
  return {};
}

Result<void> Get(const Json& json, std::string_view key, std::int64_t& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_int() == nullptr) return Corrupt(key);
  out = *value.as_int();
  return {};
}

Result<void> Get(const Json& json, std::string_view key, int& out) {
  std::int64_t wide = out;
  TRY_OK(Get(json, key, wide));
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) return Corrupt(key);
  out = static_cast<int>(wide);
  return {};
}

Result<void> Get(const Json& json, std::string_view key, Duration& out) {
  std::int64_t count = out.count();
  TRY_OK(Get(json, key, count));
  out = Duration(count);
  return {};
}

Result<void> Get(const Json& json, std::string_view key, std::vector<std::string>& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_array() == nullptr) return Corrupt(key);
  for (const Json& item : *value.as_array()) {
    if (item.as_string() == nullptr) return Corrupt(key);
    out.push_back(*item.as_string());
  }
  return {};
}

Result<void> Get(const Json& json, std::string_view key, std::map<std::string, std::string>& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_object() == nullptr) return Corrupt(key);
  for (const auto& [name, item] : *value.as_object()) {
    if (item.as_string() == nullptr) return Corrupt(key);
    out.emplace(name, *item.as_string());
  }
  return {};
}

Result<void> Get(const Json& json, std::string_view key, std::optional<std::string>& out) {
  if (json.At(key).is_null()) return {};
  out.emplace();
  return Get(json, key, *out);
}

Result<void> Get(const Json& json, std::string_view key, std::optional<std::pair<std::string, std::string>>& out) {
  if (json.At(key).is_null()) return {};
  std::vector<std::string> pair;
  TRY_OK(Get(json, key, pair));
  if (pair.size() != 2) return Corrupt(key);
  out.emplace(pair[0], pair[1]);
  return {};
}

// A list of objects, each read by `read`.
template <typename T>
Result<void> Get(const Json& json, std::string_view key, std::vector<T>& out, Result<T> (*read)(const Json&)) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_array() == nullptr) return Corrupt(key);
  for (const Json& item : *value.as_array()) {
    if (item.as_object() == nullptr) return Corrupt(key);
    TRY(T element, read(item));
    out.push_back(std::move(element));
  }
  return {};
}

Result<void> ReadAction(const Json& json, Probe& out) {
  const Json& http = json.At("http_get");
  if (!http.is_null()) {
    if (http.as_object() == nullptr) return Corrupt("http_get");
    HttpGet action;
    action.path.clear();  // Always written, so that an empty one comes back.
    TRY_OK(Get(http, "path", action.path));
    TRY_OK(Get(http, "port", action.port));
    TRY_OK(Get(http, "scheme", action.scheme));
    TRY_OK(Get(http, "headers", action.headers));
    out.action = std::move(action);
    return {};
  }
  if (!json.At("tcp_socket").is_null()) {
    TcpSocket action;
    TRY_OK(Get(json, "tcp_socket", action.port));
    out.action = std::move(action);
    return {};
  }
  if (json.At("exec").is_null()) return Corrupt("probe");
  ExecCommand action;
  TRY_OK(Get(json, "exec", action.command));
  out.action = std::move(action);
  return {};
}

Result<void> Get(const Json& json, std::string_view key, std::optional<Probe>& out) {
  const Json& value = json.At(key);
  if (value.is_null()) return {};
  if (value.as_object() == nullptr) return Corrupt(key);
  Probe probe;
  TRY_OK(ReadAction(value, probe));
  TRY_OK(Get(value, "initial_delay_ns", probe.initial_delay));
  TRY_OK(Get(value, "period_ns", probe.period));
  TRY_OK(Get(value, "timeout_ns", probe.timeout));
  TRY_OK(Get(value, "success_threshold", probe.success_threshold));
  TRY_OK(Get(value, "failure_threshold", probe.failure_threshold));
  out = std::move(probe);
  return {};
}

Result<EnvVar> ReadVariable(const Json& json) {
  EnvVar out;
  TRY_OK(Get(json, "name", out.name));
  TRY_OK(Get(json, "value", out.value));
  TRY_OK(Get(json, "config_map_key", out.config_map_key));
  TRY_OK(Get(json, "secret_key", out.secret_key));
  TRY_OK(Get(json, "field_path", out.field_path));
  TRY_OK(Get(json, "optional", out.optional));
  return out;
}

Result<EnvFrom> ReadFrom(const Json& json) {
  EnvFrom out;
  TRY_OK(Get(json, "config_map", out.config_map));
  TRY_OK(Get(json, "secret", out.secret));
  TRY_OK(Get(json, "prefix", out.prefix));
  TRY_OK(Get(json, "optional", out.optional));
  return out;
}

Result<ContainerPort> ReadPort(const Json& json) {
  ContainerPort out;
  int port = 0;
  TRY_OK(Get(json, "name", out.name));
  TRY_OK(Get(json, "port", port));
  if (port < 0 || port > std::numeric_limits<std::uint16_t>::max()) return Corrupt("port");
  out.port = static_cast<std::uint16_t>(port);
  return out;
}

Result<Container> ReadContainer(const Json& json) {
  Container out;
  TRY_OK(Get(json, "name", out.name));
  TRY_OK(Get(json, "image", out.image));
  TRY_OK(Get(json, "command", out.command));
  TRY_OK(Get(json, "args", out.args));
  TRY_OK(Get(json, "working_dir", out.working_dir));
  TRY_OK(Get(json, "ports", out.ports, &ReadPort));
  TRY_OK(Get(json, "env", out.env, &ReadVariable));
  TRY_OK(Get(json, "env_from", out.env_from, &ReadFrom));
  const Json& resources = json.At("resources");
  if (!resources.is_null() && resources.as_object() == nullptr) return Corrupt("resources");
  TRY_OK(Get(resources, "cpu_request_milli", out.resources.cpu_request_milli));
  TRY_OK(Get(resources, "cpu_limit_milli", out.resources.cpu_limit_milli));
  TRY_OK(Get(resources, "memory_request_bytes", out.resources.memory_request_bytes));
  TRY_OK(Get(resources, "memory_limit_bytes", out.resources.memory_limit_bytes));
  TRY_OK(Get(json, "readiness", out.readiness));
  TRY_OK(Get(json, "liveness", out.liveness));
  TRY_OK(Get(json, "startup", out.startup));
  return out;
}

}  // namespace

Result<PodSpec> PodFromJson(const Json& json) {
  if (json.as_object() == nullptr) return Corrupt("pod");
  PodSpec out;
  TRY_OK(Get(json, "labels", out.labels));
  TRY_OK(Get(json, "annotations", out.annotations));
  TRY_OK(Get(json, "containers", out.containers, &ReadContainer));
  TRY_OK(Get(json, "image_pull_secrets", out.image_pull_secrets));
  TRY_OK(Get(json, "termination_grace_ns", out.termination_grace));
  return out;
}

}  // namespace tuesday::manifest
