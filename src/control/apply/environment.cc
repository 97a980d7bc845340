// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
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

void Put(Environment& environment, const std::string& name, const std::string& value, bool secret) {
  environment.values[name] = value;
  secret ? static_cast<void>(environment.secret.insert(name)) : static_cast<void>(environment.secret.erase(name));
}

// The bytes of a digest that is written in hex.
std::string Bytes(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

// RFC 2104 with SHA-256.
std::string HmacHex(std::string key, std::string_view text) {
  constexpr std::size_t kBlockBytes = 64;
  if (key.size() > kBlockBytes) key = Bytes(Sha256Hex(key));
  key.resize(kBlockBytes, 0);
  std::string inner = key;
  std::string outer = key;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return Sha256Hex(outer + Bytes(Sha256Hex(inner + std::string(text))));
}

Result<void> TakeAll(const Namespace& ns, const manifest::Container& container, const manifest::EnvFrom& from,
                     const TypedObjects& objects, Environment& environment) {
  const bool is_config = !from.config_map.empty();
  const std::string_view kind = is_config ? "ConfigMap" : "Secret";
  const std::string& name = is_config ? from.config_map : from.secret;
  const auto* values = ValuesOf(ns, kind, name, objects);
  if (values == nullptr) {
    if (from.optional) return {};
    return Missing(container, kind, name);
  }
  for (const auto& [key, value] : *values) Put(environment, from.prefix + key, value, !is_config);
  return {};
}

Result<void> TakeOne(const Namespace& ns, const manifest::Container& container, const manifest::EnvVar& variable,
                     const TypedObjects& objects, Environment& environment) {
  const bool is_config = variable.config_map_key.has_value();
  const std::string_view kind = is_config ? "ConfigMap" : "Secret";
  const auto& [name, key] = is_config ? *variable.config_map_key : *variable.secret_key;
  const auto* values = ValuesOf(ns, kind, name, objects);
  if (values != nullptr && values->contains(key)) {
    Put(environment, variable.name, values->at(key), !is_config);
    return {};
  }
  if (variable.optional) return {};
  return Missing(container, std::string("key ") + key + " of " + std::string(kind), name);
}

}  // namespace

Result<Environment> ResolveEnvironment(const Namespace& ns, const manifest::Container& container, const TypedObjects& objects) {
  Environment environment;
  for (const manifest::EnvFrom& from : container.env_from) TRY_OK(TakeAll(ns, container, from, objects, environment));
  for (const manifest::EnvVar& variable : container.env) {
    if (variable.config_map_key || variable.secret_key) {
      TRY_OK(TakeOne(ns, container, variable, objects, environment));
    } else {
      environment.values.erase(variable.name);  // Kubernetes: `env` wins over `envFrom`.
      environment.secret.erase(variable.name);
    }
  }
  return environment;
}

std::string VariableDigest(const Environment& environment, const std::string& name, const std::string& key) {
  const std::string& value = environment.values.at(name);
  return key.empty() || !environment.secret.contains(name) ? Sha256Hex(value) : HmacHex(key, value);
}

}  // namespace tuesday::control
