// SPDX-License-Identifier: Apache-2.0
// The file in which docker, podman and buildah find who they are to registries, changed in place. Others' entries stay.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::actions {

inline constexpr std::size_t kDockerConfigBytesMax = 4 << 20;

struct RegistryLogin {
  std::string registry;  // A host, as images name it.
  std::string user;
  std::string password;
};

// The text of the file with the login, or without those of `registries`. kInvalid when it is no JSON object. An empty text is
// an empty file.
Result<std::string> WithLogin(const std::string& text, const RegistryLogin& login);
Result<std::string> WithoutLogins(const std::string& text, const std::vector<std::string>& registries);

// DOCKER_CONFIG's config.json, or that of the home; and REGISTRY_AUTH_FILE when it is set.
std::vector<std::string> LoginFiles();

// Changes every one of these files; written anew with mode 0600.
Result<void> LogIn(const RegistryLogin& login);
Result<void> LogOut(const std::vector<std::string>& registries);

}  // namespace tuesday::actions
