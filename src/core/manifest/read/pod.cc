// SPDX-License-Identifier: Apache-2.0
// Pod templates: every field of Kubernetes 1.30's PodTemplateSpec is known (core/v1, types.go).
#include <fmt/format.h>

#include <array>
#include <set>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kTemplateKeys = std::to_array<Key>({{"metadata"}, {"spec"}});

constexpr auto kPodKeys = std::to_array<Key>({
    {"activeDeadlineSeconds", kNoEffect},
    {"affinity", kNoEffect},
    {"automountServiceAccountToken", kSilent},
    {"containers"},
    {"dnsConfig", kNoEffect},
    {"dnsPolicy", kNoEffect},
    {"enableServiceLinks", kSilent},
    {"ephemeralContainers", kNoEffect},
    {"hostAliases", kNoEffect},
    {"hostIPC", kNoEffect},
    {"hostNetwork", kNoEffect},
    {"hostPID", kNoEffect},
    {"hostUsers", kNoEffect},
    {"hostname", kNoEffect},
    {"imagePullSecrets"},
    {"initContainers", kRefused},
    {"nodeName", kNoEffect},
    {"nodeSelector", kNoEffect},
    {"os", kNoEffect},
    {"overhead", kNoEffect},
    {"preemptionPolicy", kNoEffect},
    {"priority", kNoEffect},
    {"priorityClassName", kNoEffect},
    {"readinessGates", kNoEffect},
    {"resourceClaims", kNoEffect},
    {"restartPolicy"},
    {"runtimeClassName", kNoEffect},
    {"schedulerName", kSilent},
    {"schedulingGates", kNoEffect},
    {"securityContext", kNoEffect},
    {"serviceAccount", kNoEffect},
    {"serviceAccountName", kNoEffect},
    {"setHostnameAsFQDN", kNoEffect},
    {"shareProcessNamespace", kNoEffect},
    {"subdomain", kNoEffect},
    {"terminationGracePeriodSeconds"},
    {"tolerations", kNoEffect},
    {"topologySpreadConstraints", kNoEffect},
    {"volumes", kNoEffect},
});

constexpr auto kContainerKeys = std::to_array<Key>({
    {"args"},
    {"command"},
    {"env"},
    {"envFrom"},
    {"image"},
    {"imagePullPolicy", kSilent},
    {"lifecycle", kNoEffect},
    {"livenessProbe"},
    {"name"},
    {"ports"},
    {"readinessProbe"},
    {"resizePolicy", kNoEffect},
    {"resources"},
    {"restartPolicy", kNoEffect},
    {"securityContext", kNoEffect},
    {"startupProbe"},
    {"stdin", kNoEffect},
    {"stdinOnce", kNoEffect},
    {"terminationMessagePath", kSilent},
    {"terminationMessagePolicy", kSilent},
    {"tty", kNoEffect},
    {"volumeDevices", kNoEffect},
    {"volumeMounts", kNoEffect},
    {"workingDir"},
});

constexpr auto kPullSecretKeys = std::to_array<Key>({{"name"}});

constexpr auto kPortKeys =
    std::to_array<Key>({{"containerPort"}, {"hostIP", kNoEffect}, {"hostPort", kNoEffect}, {"name"}, {"protocol"}});

void ReadPorts(Fields& container, Container& out) {
  std::set<std::string> names;
  container.Each("ports", [&](const YamlNode& node, const std::string& path) {
    Fields fields(container.notes(), node, path, kPortKeys);
    ContainerPort port;
    int number = 0;
    fields.Read("name", port.name);
    if (fields.Require("containerPort") != nullptr) fields.Read("containerPort", number, {1, 65535});
    port.port = static_cast<std::uint16_t>(number);
    std::string protocol = "TCP";
    fields.Read("protocol", protocol);
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      container.notes().Error(node, "unknown-value", fmt::format("`{}.protocol` is \"{}\".", path, protocol),
                              "It must be TCP, UDP or SCTP.");
    }
    if (!port.name.empty() && !names.insert(port.name).second) {
      container.notes().Error(node, "duplicate-name",
                              fmt::format("Two ports of `{}` are called \"{}\".", container.path(), port.name),
                              "Rename one of them.");
    }
    if (protocol == "TCP") out.ports.push_back(std::move(port));
  });
}

std::optional<Probe> ReadProbeOf(Fields& container, std::string_view key) {
  const YamlNode* node = container.FindMapping(key);
  if (node == nullptr) return std::nullopt;
  return ReadProbe(container.notes(), *node, container.PathOf(key));
}

enum class PodOf { kRollout, kJob };

Container ReadContainer(Notes& notes, const YamlNode& node, const std::string& path, PodOf of) {
  Fields fields(notes, node, path, kContainerKeys);
  Container out;
  if (fields.Require("name") != nullptr && fields.Read("name", out.name)) {
    CheckName(notes, *fields.Find("name"), out.name, fields.PathOf("name"));
  }
  if (of == PodOf::kJob || fields.Require("image") != nullptr) fields.Read("image", out.image);
  fields.Read("command", out.command);
  fields.Read("args", out.args);
  fields.Read("workingDir", out.working_dir);
  ReadPorts(fields, out);
  ReadEnv(fields, out);
  if (const YamlNode* resources = fields.FindMapping("resources")) {
    out.resources = ReadResources(notes, *resources, fields.PathOf("resources"));
  }
  out.readiness = ReadProbeOf(fields, "readinessProbe");
  out.liveness = ReadProbeOf(fields, "livenessProbe");
  out.startup = ReadProbeOf(fields, "startupProbe");
  return out;
}

void ReadContainers(Fields& pod, PodSpec& out, PodOf of) {
  const YamlNode* list = pod.Require("containers");
  if (list == nullptr) return;
  pod.Each("containers", [&](const YamlNode& node, const std::string& path) {
    out.containers.push_back(ReadContainer(pod.notes(), node, path, of));
  });
  if (list->IsSequence() && list->items.empty()) {
    pod.notes().Error(*list, "missing-field", fmt::format("`{}` is empty.", pod.PathOf("containers")), "Give one container.");
  }
  if (out.containers.size() > 1) pod.notes().Refuse(list->items[1], "containers", pod.PathOf("containers[1]"));
}

void ReadPullSecrets(Fields& pod, PodSpec& out) {
  pod.Each("imagePullSecrets", [&](const YamlNode& node, const std::string& path) {
    Fields fields(pod.notes(), node, path, kPullSecretKeys);
    std::string name;
    if (fields.Require("name") != nullptr && fields.Read("name", name)) out.image_pull_secrets.push_back(std::move(name));
  });
}

void ReadRestartPolicy(Fields& pod, PodOf of) {
  std::string restart = of == PodOf::kJob ? "Never" : "Always";
  if (!pod.Read("restartPolicy", restart)) return;
  const bool good = of == PodOf::kJob ? restart == "Never" || restart == "OnFailure" : restart == "Always";
  if (good) return;
  pod.notes().Error(*pod.Find("restartPolicy"), "unknown-value",
                    fmt::format("`{}` is \"{}\".", pod.PathOf("restartPolicy"), restart),
                    of == PodOf::kJob ? "A job ends: write Never or OnFailure, or remove it."
                                      : "A rollout's instances are always restarted: write Always, or remove it.");
}

PodSpec ReadTemplate(Notes& notes, const YamlNode& node, const std::string& path, PodOf of) {
  Fields fields(notes, node, path, kTemplateKeys);
  PodSpec out;
  // A job's labels select nothing here, and may hold arguments of the template.
  if (const YamlNode* metadata = fields.FindMapping("metadata"); metadata != nullptr && of == PodOf::kRollout) {
    Metadata read = ReadMetadata(notes, *metadata, fields.PathOf("metadata"));
    out.labels = std::move(read.labels);
    out.annotations = std::move(read.annotations);
  }
  if (fields.Require("spec") == nullptr) return out;
  const YamlNode* spec = fields.FindMapping("spec");
  if (spec == nullptr) return out;
  Fields pod(notes, *spec, fields.PathOf("spec"), kPodKeys);
  ReadContainers(pod, out, of);
  ReadPullSecrets(pod, out);
  pod.ReadSeconds("terminationGracePeriodSeconds", out.termination_grace);
  ReadRestartPolicy(pod, of);
  return out;
}

}  // namespace

PodSpec ReadPodTemplate(Notes& notes, const YamlNode& node, const std::string& path) {
  return ReadTemplate(notes, node, path, PodOf::kRollout);
}

PodSpec ReadJobTemplate(Notes& notes, const YamlNode& node, const std::string& path) {
  return ReadTemplate(notes, node, path, PodOf::kJob);
}

}  // namespace tuesday::manifest
