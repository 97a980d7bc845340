// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/logins.h"

#include <string_view>

#include "core/manifest/read/base64.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kLoginsBytesMax = 1 << 20;

// "https://index.docker.io/v1/" → "docker.io"
std::string ServerOf(std::string key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.erase(0, scheme.size());
  }
  for (const std::string_view version : {"/v1/", "/v2/", "/v1", "/v2", "/"}) {
    if (key.ends_with(version)) key.resize(key.size() - version.size());
  }
  return key == "index.docker.io" || key == "registry-1.docker.io" ? "docker.io" : key;
}

std::optional<containers::RegistryLogin> LoginOf(const std::string& server, const Json& entry) {
  containers::RegistryLogin login{server, entry.At("username").StringOr(""), entry.At("password").StringOr("")};
  if (const std::string packed = entry.At("auth").StringOr(""); !packed.empty()) {
    const std::string pair = manifest::DecodeBase64(packed).value_or("");
    const std::size_t colon = pair.find(':');
    if (colon != std::string::npos) {
      login.user = pair.substr(0, colon);
      login.password = pair.substr(colon + 1);
    }
  }
  return login.user.empty() ? std::nullopt : std::optional(login);
}

}  // namespace

Result<std::optional<containers::RegistryLogin>> LoginFor(const std::vector<std::string>& files, const std::string& image) {
  const std::string registry = containers::RegistryOf(image);
  const std::string whole = image.starts_with(registry) ? image : registry + "/" + image;
  for (const std::string& file : files) {
    const Result<Json> json = ParseJson(file, {.bytes_max = kLoginsBytesMax});
    const Json::Object* entries = json.has_value() ? json->At("auths").as_object() : nullptr;
    if (entries == nullptr) {
      return Fail(ErrorCode::kInvalid, "A file of logins for registries is no JSON object with `auths`.",
                  "`kubectl create secret docker-registry` and `podman login --authfile` make such files.");
    }
    std::string best;
    const Json* found = nullptr;
    for (const auto& [key, entry] : *entries) {
      const std::string server = ServerOf(key);
      const bool fits = whole == server || whole.starts_with(server + "/");
      if (!fits || server.size() < best.size()) continue;
      best = server;
      found = &entry;
    }
    if (found == nullptr) continue;
    if (auto login = LoginOf(registry, *found)) return login;
  }
  return std::optional<containers::RegistryLogin>();
}

}  // namespace tuesday::process
