// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/manifest/check/rules.h"

namespace tuesday::manifest {
namespace {

// A digest never moves; "latest" and no tag at all move with every push.
bool HasMutableTag(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return false;
  if (image.starts_with("dir:")) return false;  // A folder becomes an artifact with a digest when it is read.
  if (image.starts_with("file:")) return false;
  const std::size_t slash = image.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const std::size_t colon = last.find(':');
  return colon == std::string_view::npos || last.substr(colon + 1) == "latest";
}

void CheckProbes(const RolloutCheck& check, const Container& container, const std::string& index) {
  const SourcePos at = PosOf(check.object, {"spec", "template", "spec", "containers", index});
  if (!container.readiness && !container.liveness) {
    check.Say(Severity::kWarning, at, "no-probe",
              fmt::format("The container {} has neither readiness nor liveness probe: \"available\" means \"started\".",
                          container.name),
              "Add `readinessProbe: {httpGet: {path: /, port: ...}}`.");
  } else if (!container.readiness) {
    check.Say(Severity::kWarning, at, "no-readiness-probe",
              fmt::format("The container {} has no readiness probe: \"available\" means \"started\".", container.name),
              "Add `readinessProbe: {httpGet: {path: /, port: ...}}`.");
  } else if (!container.liveness) {
    check.Say(Severity::kNote, at, "no-liveness-probe",
              fmt::format("The container {} has no liveness probe: an instance that hangs is taken out and not restarted.",
                          container.name));
  }
}

// What is absent here may exist in the daemon; at the start of an instance it must.
void CheckConfig(const RolloutCheck& check, const Container& container, const std::string& index) {
  const auto expect = [&](std::string_view kind, const std::string& name, bool optional, SourcePos at) {
    if (name.empty() || optional || check.Find(kind, name) != nullptr) return;
    check.Say(Severity::kWarning, std::move(at), "missing-config",
              fmt::format("{} {} is given by no file; instances cannot start without it.", kind, name),
              "Give it, or mark it `optional: true`.");
  };
  for (std::size_t i = 0; i < container.env.size(); ++i) {
    const EnvVar& variable = container.env[i];
    const std::string entry = std::to_string(i);
    const SourcePos at = PosOf(check.object, {"spec", "template", "spec", "containers", index, "env", entry});
    if (variable.config_map_key) expect("ConfigMap", variable.config_map_key->first, variable.optional, at);
    if (variable.secret_key) expect("Secret", variable.secret_key->first, variable.optional, at);
  }
  for (std::size_t i = 0; i < container.env_from.size(); ++i) {
    const EnvFrom& from = container.env_from[i];
    const std::string entry = std::to_string(i);
    const SourcePos at = PosOf(check.object, {"spec", "template", "spec", "containers", index, "envFrom", entry});
    expect("ConfigMap", from.config_map, from.optional, at);
    expect("Secret", from.secret, from.optional, at);
  }
}

}  // namespace

void CheckPod(const RolloutCheck& check) {
  for (std::size_t i = 0; i < check.rollout.pod.image_pull_secrets.size(); ++i) {
    const std::string& name = check.rollout.pod.image_pull_secrets[i];
    if (check.Find("Secret", name) != nullptr) continue;
    check.Say(Severity::kWarning,
              PosOf(check.object, {"spec", "template", "spec", "imagePullSecrets", std::to_string(i), "name"}),
              "missing-config", fmt::format("Secret {} is given by no file; private images cannot be pulled without it.", name),
              "Give it, of type kubernetes.io/dockerconfigjson.");
  }
  for (std::size_t i = 0; i < check.rollout.pod.containers.size(); ++i) {
    const Container& container = check.rollout.pod.containers[i];
    const std::string index = std::to_string(i);
    if (HasMutableTag(container.image)) {
      check.Say(
          Severity::kWarning, PosOf(check.object, {"spec", "template", "spec", "containers", index, "image"}), "mutable-tag",
          fmt::format("The image {} has a mutable tag, so the file alone names no revision to roll back to; it resolves to a "
                      "digest when the release is made.",
                      container.image),
          "Name a version or a digest.");
    }
    CheckProbes(check, container, index);
    CheckConfig(check, container, index);
  }
}

}  // namespace tuesday::manifest
