// SPDX-License-Identifier: Apache-2.0
// Who we are to a registry, from files of logins as docker and podman keep them and Secrets of type
// kubernetes.io/dockerconfigjson carry them (Kubernetes 1.30, "Pull an Image from a Private Registry"). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/containers/values.h"
#include "base/result.h"

namespace tuesday::process {

// The login for the registry of `image` in the first file that has one; an entry for a longer path of the image goes before
// one for its registry. kInvalid, without a word of it, when a file is none of logins.
Result<std::optional<containers::RegistryLogin>> LoginFor(const std::vector<std::string>& files, const std::string& image);

}  // namespace tuesday::process
