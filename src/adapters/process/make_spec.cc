// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/process_workloads.h"

namespace tuesday::process {
namespace {

using manifest::Container;
using manifest::Probe;

// The value of a quoted key: "metadata.labels['app']" gives "app".
std::string KeyOf(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix) || !path.ends_with("']")) return {};
  return path.substr(prefix.size(), path.size() - prefix.size() - 2);
}

Result<std::string> FieldValue(const std::string& path, const InstancesTarget& target, const InstanceSpec& spec) {
  if (path == "metadata.name") return spec.instance.str();
  if (path == "metadata.namespace") return target.rollout.ns.str();
  if (path == "metadata.uid") return target.uid.str() + "." + spec.instance.str();
  if (path == "status.podIP" || path == "status.hostIP") return std::string("127.0.0.1");
  if (const std::string label = KeyOf(path, "metadata.labels['"); !label.empty()) {
    const auto found = target.pod.labels.find(label);
    return found == target.pod.labels.end() ? std::string() : found->second;
  }
  if (const std::string annotation = KeyOf(path, "metadata.annotations['"); !annotation.empty()) {
    const auto found = target.pod.annotations.find(annotation);
    return found == target.pod.annotations.end() ? std::string() : found->second;
  }
  return Fail(ErrorCode::kUnsupported, "The field '" + path + "' has no value for an instance on one machine.",
              "Known are metadata.name, namespace, uid, labels['...'], annotations['...'] and status.podIP.");
}

Result<void> FillEnvironment(const Container& container, const InstancesTarget& target, InstanceSpec& spec) {
  spec.environment = target.environment;
  for (const auto& variable : container.env) {
    if (variable.value.has_value()) {
      spec.environment[variable.name] = *variable.value;
    } else if (variable.field_path.has_value()) {
      TRY(spec.environment[variable.name], FieldValue(*variable.field_path, target, spec));
    } else if (!target.environment.contains(variable.name) && !variable.optional) {
      return Fail(ErrorCode::kInvalid, "The variable '" + variable.name + "' of container '" + container.name +
                                           "' has no value: its ConfigMap or Secret lacks the key.");
    }
  }
  return {};
}

Result<void> ResolvePort(const Container& container, std::string& port) {
  // The first port is the one that the instance gets as PORT.
  if (!container.ports.empty()) {
    const auto& first = container.ports.front();
    if (port.empty() || port == first.name || port == std::to_string(first.port)) {
      port.clear();
      return {};
    }
  }
  for (const auto& named : container.ports) {
    if (port == named.name) port = std::to_string(named.port);
  }
  if (port.find_first_not_of("0123456789") == std::string::npos) return {};
  return Fail(ErrorCode::kInvalid, "A probe of container '" + container.name + "' names the port '" + port +
                                       "', which the container does not have.");
}

Result<std::optional<Probe>> ResolveProbe(const Container& container, std::optional<Probe> probe) {
  if (!probe.has_value()) return probe;
  if (auto* http = std::get_if<manifest::HttpGet>(&probe->action)) {
    if (http->scheme != "HTTP") {
      return Fail(ErrorCode::kUnsupported,
                  "A probe of container '" + container.name + "' uses " + http->scheme + "; on one machine probes speak HTTP.");
    }
    TRY_OK(ResolvePort(container, http->port));
  } else if (auto* tcp = std::get_if<manifest::TcpSocket>(&probe->action)) {
    TRY_OK(ResolvePort(container, tcp->port));
  }
  return probe;
}

}  // namespace

Result<InstanceSpec> MakeSpec(const InstancesTarget& target, int ordinal) {
  if (target.pod.containers.size() != 1) {
    return Fail(ErrorCode::kUnsupported, "The pod template of " + target.rollout.Text() + " has " +
                                             std::to_string(target.pod.containers.size()) +
                                             " containers; one machine runs exactly one in an instance.");
  }
  const Container& container = target.pod.containers.front();
  InstanceSpec spec;
  spec.instance = InstanceIdOf(target.rollout, target.uid, target.revision, ordinal);
  spec.rollout = target.rollout;
  spec.uid = target.uid;
  spec.revision = target.revision;
  spec.ordinal = ordinal;
  spec.generation = target.generation;
  spec.command = container.command;
  spec.args = container.args;
  spec.working_dir = container.working_dir;
  spec.has_port = !container.ports.empty();
  spec.resources = container.resources;
  spec.grace = target.pod.termination_grace;
  TRY_OK(FillEnvironment(container, target, spec));
  TRY(spec.readiness, ResolveProbe(container, container.readiness));
  TRY(spec.liveness, ResolveProbe(container, container.liveness));
  TRY(spec.startup, ResolveProbe(container, container.startup));
  return spec;
}

}  // namespace tuesday::process
