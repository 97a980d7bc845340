// SPDX-License-Identifier: Apache-2.0
#include "control/apply/registry_logins.h"

namespace tuesday::control {

namespace {

constexpr const char* kKey = ".dockerconfigjson";

}  // namespace

Result<std::vector<std::string>> RegistryLogins(const Namespace& ns, const manifest::PodSpec& pod,
                                                const TypedObjects& objects) {
  std::vector<std::string> logins;
  for (const std::string& name : pod.image_pull_secrets) {
    const auto* secret = FindBody<manifest::Secret>(objects, {ns, "Secret", name});
    if (secret == nullptr) {
      return Fail(ErrorCode::kNotFound, "imagePullSecrets names the Secret " + name + ", which is not there.",
                  "Apply it together with the rollout.");
    }
    const auto file = secret->data.find(kKey);
    if (file == secret->data.end()) {
      return Fail(ErrorCode::kInvalid, "The Secret " + name + " that imagePullSecrets names has no key " + kKey + ".",
                  "Give one of type kubernetes.io/dockerconfigjson, or set the key: tuesday secret set " + name + " " + kKey +
                      " < config.json");
    }
    logins.push_back(file->second);
  }
  return logins;
}

std::vector<std::string> StoredRegistryLogins(const Namespace& ns, const manifest::PodSpec& pod,
                                              const std::map<ObjectName, state::ObjectRecord>& objects) {
  std::vector<std::string> logins;
  for (const std::string& name : pod.image_pull_secrets) {
    const auto record = objects.find({ns, "Secret", name});
    if (record == objects.end()) continue;
    std::vector<Finding> findings;
    manifest::PodSpec one;
    one.image_pull_secrets = {name};
    auto read = RegistryLogins(ns, one, ReadStored({{record->first, record->second}}, findings));
    if (read.has_value()) logins.push_back(std::move(read->front()));
  }
  return logins;
}

}  // namespace tuesday::control
