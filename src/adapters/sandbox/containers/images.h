// SPDX-License-Identifier: Apache-2.0
// The engine of this machine, and images for jobs: pulled, or built of an action's folder.
#pragma once

#include <string>

#include "adapters/containers/engine.h"
#include "adapters/sandbox/containers/terms.h"

namespace tuesday::sandbox {

// kUnsupported, with the mend, where jobs can have no containers: no engine, not podman, or we are not root.
Result<containers::Engine> OpenEngine();

// Pulls the image, with its credentials when it has some. One that was made on this machine ("localhost/…") is taken as it is,
// and so is one that is there while its registry cannot be reached; never one whose registry refuses us.
Result<void> HaveImage(const containers::Engine& engine, const workflow::ContainerPlan& plan);

// Builds the image of an action's Dockerfile, unless it was built of the same files before. Its name.
Result<std::string> BuildImage(const containers::Engine& engine, const ContainerTerms& terms,
                               const workflow::ContainerPlan& plan);

}  // namespace tuesday::sandbox
