// SPDX-License-Identifier: Apache-2.0
#include "control/apply/resolve.h"

namespace tuesday::control {

namespace {

const std::map<std::string, std::string>* ValuesOf(const Namespace& ns, std::string_view kind, const std::string& name,
                                                   const TypedObjects& objects) {
  const ObjectName full{ns, std::string(kind), name};
  if (const auto* config = FindBody<manifest::ConfigMap>(objects, full)) return &config->data;
  if (const auto* secret = FindBody<manifest::Secret>(objects, full)) return &secret->data;
  return nullptr;
}

std::unexpected<Error> Missing(const manifest::Container& container, std::string_view what, std::string_view name) {
  return Fail(ErrorCode::kNotFound,
              "Container " + container.name + " needs " + std::string(what) + " " + std::string(name) + ", which is not there.",
              "Apply it together with the rollout, or mark the reference `optional: true`.");
}

Result<void> TakeAll(const Namespace& ns, const manifest::Container& container, const manifest::EnvFrom& from,
                     const TypedObjects& objects, std::map<std::string, std::string>& environment) {
  const bool is_config = !from.config_map.empty();
  const std::string_view kind = is_config ? "ConfigMap" : "Secret";
  const std::string& name = is_config ? from.config_map : from.secret;
  const auto* values = ValuesOf(ns, kind, name, objects);
  if (values == nullptr) {
    if (from.optional) return {};
    return Missing(container, kind, name);
  }
  for (const auto& [key, value] : *values) environment[from.prefix + key] = value;
  return {};
}

Result<void> TakeOne(const Namespace& ns, const manifest::Container& container, const manifest::EnvVar& variable,
                     const TypedObjects& objects, std::map<std::string, std::string>& environment) {
  const bool is_config = variable.config_map_key.has_value();
  const std::string_view kind = is_config ? "ConfigMap" : "Secret";
  const auto& [name, key] = is_config ? *variable.config_map_key : *variable.secret_key;
  const auto* values = ValuesOf(ns, kind, name, objects);
  if (values != nullptr && values->contains(key)) {
    environment[variable.name] = values->at(key);
    return {};
  }
  if (variable.optional) return {};
  return Missing(container, std::string("key ") + key + " of " + std::string(kind), name);
}

}  // namespace

Result<std::map<std::string, std::string>> ResolveEnvironment(const Namespace& ns, const manifest::Container& container,
                                                              const TypedObjects& objects) {
  std::map<std::string, std::string> environment;
  for (const manifest::EnvFrom& from : container.env_from) TRY_OK(TakeAll(ns, container, from, objects, environment));
  for (const manifest::EnvVar& variable : container.env) {
    if (variable.config_map_key || variable.secret_key) {
      TRY_OK(TakeOne(ns, container, variable, objects, environment));
    } else {
      environment.erase(variable.name);  // Kubernetes: `env` wins over `envFrom`.
    }
  }
  return environment;
}

}  // namespace tuesday::control
