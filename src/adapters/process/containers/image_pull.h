// SPDX-License-Identifier: Apache-2.0
// Images by digest. Blocks for as long as a pull takes.
#pragma once

#include <string>
#include <vector>

#include "adapters/containers/engine.h"

namespace tuesday::process {

// Whether `image` is never looked for in a registry ("localhost/…").
bool IsLocalImage(const std::string& image);

// "registry.example.com/api:1@sha256:…" → "registry.example.com/api"
std::string RepositoryOf(const std::string& image);

// Brings "repository@sha256:…" here. kCorrupt when what came has another digest; kDenied, kNotFound and kUnavailable name the
// image and say what the registry said.
Result<void> PullByDigest(const containers::Engine& engine, const std::string& image, const std::vector<std::string>& logins);

// What the image is called by digest, after it was brought here if it is not by digest or not there yet. An image by digest
// that is there is not asked for.
Result<std::string> PinImage(const containers::Engine& engine, const std::string& image,
                             const std::vector<std::string>& logins);

}  // namespace tuesday::process
