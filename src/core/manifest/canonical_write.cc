// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/digest.h"
#include "core/manifest/canonical.h"

namespace tuesday::manifest {
namespace {

// Adds `value` unless it is the default.
template <typename T>
void Put(Json::Object& out, const char* key, const T& value, const T& fallback = {}) {
  if (!(value == fallback)) out.emplace(key, Json(value));
}

void PutDuration(Json::Object& out, const char* key, Duration value, Duration fallback) {
  Put(out, key, std::int64_t{value.count()}, std::int64_t{fallback.count()});
}

Json Texts(const std::vector<std::string>& texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

Json TextMap(const std::map<std::string, std::string>& map) {
  Json::Object object;
  for (const auto& [key, value] : map) object.emplace(key, Json(value));
  return Json(std::move(object));
}

Json Pair(const std::pair<std::string, std::string>& pair) { return Texts({pair.first, pair.second}); }

Json ProbeJson(const Probe& probe) {
  const Probe fallback;
  Json::Object out;
  if (const auto* http = std::get_if<HttpGet>(&probe.action)) {
    Json::Object action;
    Put(action, "path", http->path);
    Put(action, "port", http->port);
    Put(action, "scheme", http->scheme, std::string("HTTP"));
    if (!http->headers.empty()) action.emplace("headers", TextMap(http->headers));
    out.emplace("http_get", Json(std::move(action)));
  } else if (const auto* tcp = std::get_if<TcpSocket>(&probe.action)) {
    out.emplace("tcp_socket", Json(tcp->port));
  } else {
    out.emplace("exec", Texts(std::get<ExecCommand>(probe.action).command));
  }
  PutDuration(out, "initial_delay_ns", probe.initial_delay, fallback.initial_delay);
  PutDuration(out, "period_ns", probe.period, fallback.period);
  PutDuration(out, "timeout_ns", probe.timeout, fallback.timeout);
  Put(out, "success_threshold", probe.success_threshold, fallback.success_threshold);
  Put(out, "failure_threshold", probe.failure_threshold, fallback.failure_threshold);
  return Json(std::move(out));
}

Json EnvJson(const EnvVar& variable) {
  Json::Object out;
  Put(out, "name", variable.name);
  if (variable.value) out.emplace("value", Json(*variable.value));
  if (variable.config_map_key) out.emplace("config_map_key", Pair(*variable.config_map_key));
  if (variable.secret_key) out.emplace("secret_key", Pair(*variable.secret_key));
  if (variable.field_path) out.emplace("field_path", Json(*variable.field_path));
  Put(out, "optional", variable.optional);
  return Json(std::move(out));
}

Json EnvFromJson(const EnvFrom& from) {
  Json::Object out;
  Put(out, "config_map", from.config_map);
  Put(out, "secret", from.secret);
  Put(out, "prefix", from.prefix);
  Put(out, "optional", from.optional);
  return Json(std::move(out));
}

Json PortJson(const ContainerPort& port) {
  Json::Object out;
  Put(out, "name", port.name);
  out.emplace("port", Json(static_cast<int>(port.port)));
  return Json(std::move(out));
}

Json ResourcesJson(const Resources& resources) {
  Json::Object out;
  Put(out, "cpu_request_milli", resources.cpu_request_milli);
  Put(out, "cpu_limit_milli", resources.cpu_limit_milli);
  Put(out, "memory_request_bytes", resources.memory_request_bytes);
  Put(out, "memory_limit_bytes", resources.memory_limit_bytes);
  return Json(std::move(out));
}

// A list under `key`, unless it is empty.
template <typename T>
void PutList(Json::Object& out, const char* key, const std::vector<T>& items, Json (*write)(const T&)) {
  if (items.empty()) return;
  Json::Array array;
  for (const T& item : items) array.push_back(write(item));
  out.emplace(key, Json(std::move(array)));
}

Json ContainerJson(const Container& container) {
  Json::Object out;
  Put(out, "name", container.name);
  Put(out, "image", container.image);
  if (!container.command.empty()) out.emplace("command", Texts(container.command));
  if (!container.args.empty()) out.emplace("args", Texts(container.args));
  Put(out, "working_dir", container.working_dir);
  PutList(out, "ports", container.ports, &PortJson);
  PutList(out, "env", container.env, &EnvJson);
  PutList(out, "env_from", container.env_from, &EnvFromJson);
  if (!(container.resources == Resources())) out.emplace("resources", ResourcesJson(container.resources));
  if (container.readiness) out.emplace("readiness", ProbeJson(*container.readiness));
  if (container.liveness) out.emplace("liveness", ProbeJson(*container.liveness));
  if (container.startup) out.emplace("startup", ProbeJson(*container.startup));
  return Json(std::move(out));
}

}  // namespace

Json CanonicalPod(const PodSpec& pod) {
  Json::Object out;
  if (!pod.labels.empty()) out.emplace("labels", TextMap(pod.labels));
  if (!pod.annotations.empty()) out.emplace("annotations", TextMap(pod.annotations));
  PutList(out, "containers", pod.containers, &ContainerJson);
  if (!pod.image_pull_secrets.empty()) out.emplace("image_pull_secrets", Texts(pod.image_pull_secrets));
  PutDuration(out, "termination_grace_ns", pod.termination_grace, PodSpec().termination_grace);
  return Json(std::move(out));
}

std::string RevisionDigest(const PodSpec& pod, const std::map<std::string, std::string>& artifact_digests,
                           const std::map<std::string, std::string>& config_digests) {
  Json::Object out;
  out.emplace("pod", CanonicalPod(pod));
  out.emplace("artifacts", TextMap(artifact_digests));
  out.emplace("config", TextMap(config_digests));
  return Sha256Hex(CanonicalJson(Json(std::move(out))));
}

RevisionId RevisionIdOf(const std::string& revision_digest) {
  constexpr std::size_t kDigits = 10;
  CHECK(revision_digest.size() >= kDigits, "a revision's digest is a SHA-256");
  return RevisionId(revision_digest.substr(0, kDigits));
}

std::string ConfigDigest(const std::map<std::string, std::string>& values) { return Sha256Hex(CanonicalJson(TextMap(values))); }

}  // namespace tuesday::manifest
